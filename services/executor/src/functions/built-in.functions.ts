import { askPerson } from './ask.person.function.js'
import { bash } from './bash.function.js'
import { fsEdit } from './fs.edit.function.js'
import { fsList } from './fs.list.function.js'
import { fsRead } from './fs.read.function.js'
import { fsSearch } from './fs.search.function.js'
import { fsStat } from './fs.stat.function.js'
import { fsWrite } from './fs.write.function.js'
import { FunctionRegistry } from './function.registry.js'
import { httpFetch } from './http.fetch.function.js'
import { stateGet } from './state.get.function.js'
import { stateSet } from './state.set.function.js'
import { taskSubmit } from './task.submit.function.js'

/** Every function that there is without anybody registering one. */
export const builtInFunctions = new FunctionRegistry([
  bash,
  fsRead,
  fsWrite,
  fsEdit,
  fsList,
  fsSearch,
  fsStat,
  httpFetch,
  askPerson,
  stateGet,
  stateSet,
  taskSubmit,
])
