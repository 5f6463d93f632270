export { StateError } from './state.errors.js'
export {
  type HotStrings,
  type SetOptions,
  StateManager,
  type StateManagerOptions,
  type VersionedValue,
} from './state.manager.js'
