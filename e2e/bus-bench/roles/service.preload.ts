// Loaded before a service's own main by `node --import`: the benchmark can ask for its CPU then.
import { answerCpu } from '../role.serving.js'

answerCpu()
