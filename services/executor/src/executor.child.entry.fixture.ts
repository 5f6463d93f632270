import 'reflect-metadata'
import { once } from 'node:events'
import { type ChildOrders, workAsChild } from './executor.child.work.fixture.js'

const [orders] = (await once(process, 'message')) as [ChildOrders]
await workAsChild(orders)
