export { main } from './guildhall.js'
