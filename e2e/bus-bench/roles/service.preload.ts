// Loaded before a service's own main by `node --import`: the benchmark can ask for its CPU then.
import { messageOf, StateGet } from '@guildhall/contracts'
import { answerCpu } from '../role.serving.js'

answerCpu()
// In the product's table nothing is asked by one service of another yet. In the benchmark a service may ask what
// clients do, so that the way is measured that its questions would go.
;(messageOf(StateGet).from as string[]).push('task-scheduler')
