import { admission } from './functions/admission.js'
import { burial } from './functions/burial.js'
import { delayed } from './functions/delayed.js'
import { healing } from './functions/healing.js'
import { holding } from './functions/holding.js'
import { ownership } from './functions/ownership.js'
import { payload } from './functions/payload.js'
import { publish } from './functions/publish.js'
import { redrive } from './functions/redrive.js'
import { relay } from './functions/relay.js'
import { settle } from './functions/settle.js'

/**
 * The functions that run inside Redis (FUNCTION LOAD, Redis 7), so that what belongs together happens together. A
 * script does not roll back: each function checks everything first, adds before it acknowledges, and acknowledges last.
 * The commands inside are checked against the caller's ACL. Ids always come in ascending order.
 *
 * Functions that free memory may run at maxmemory (`allow-oom`); the others are then refused as a whole.
 */
export const functionLibrary = [
  '#!lua name=guildhall\n',
  ownership,
  burial,
  publish,
  payload,
  relay,
  delayed,
  healing,
  admission,
  settle,
  redrive,
  holding,
].join('')
