import {
  type EventHeader,
  message,
  type PayloadClass,
  type ReceivedMessage,
  RequestError,
  RequestRefused,
  TerminalError,
  Topology,
} from '@guildhall/contracts'
import { Controller, Module } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import { plainToInstance } from 'class-transformer'
import { IsInt, IsString, Min, validateSync } from 'class-validator'
import {
  type BatchMessage,
  Handles,
  HandlesBatch,
  type IncomingEntry,
  type Outcome,
  type RelayDecision,
} from './index.js'

// What is said.
export class StockReserve {
  @IsString() sku!: string
  @IsInt() @Min(1) count!: number
}
export class StockReserved {
  @IsInt() left!: number
}
export class OrderPlaced {
  @IsString() order!: string
}
export class OrderShipped {
  @IsString() order!: string
}
class Refused extends RequestRefused {}

// Who says it to whom. The services `router` and `audit` are part of every bus.
const services = ['router', 'audit', 'shop', 'warehouse']
export const commerce = new Topology(services, [
  message('stock.reserve', StockReserve, { from: ['shop'], to: ['warehouse'], reply: 'stock.reserved' }),
  message('stock.reserved', StockReserved, { from: ['warehouse'], to: ['client'] }),
  message('order.placed', OrderPlaced, { from: ['shop'], to: ['warehouse'] }),
  message('order.shipped', OrderShipped, { from: ['warehouse'], to: ['shop'] }),
  message('request.refused', Refused, { from: services, to: ['client'] }),
])

// Two services of yours.
@Controller()
export class Warehouse {
  static readonly stock = new Map([['tea', 10]])
  static readonly batches: string[][] = []

  @Handles(StockReserve)
  reserve(@Payload() { sku, count }: StockReserve): StockReserved {
    const left = (Warehouse.stock.get(sku) ?? 0) - count
    if (left < 0) throw new RequestError('out-of-stock', `There are not ${count} of ${sku}`)
    Warehouse.stock.set(sku, left)
    return { left }
  }

  @HandlesBatch(OrderPlaced, { size: 50 })
  ship(batch: readonly BatchMessage<OrderPlaced>[]): Promise<Outcome[]> {
    Warehouse.batches.push(batch.map(({ payload }) => payload.order))
    return Promise.resolve(
      batch.map(({ payload }) =>
        payload.order === 'cursed' ? new TerminalError('cursed', 'Nobody ships that') : undefined,
      ),
    )
  }
}

@Controller()
export class Shop {
  static readonly shipped: { order: string; attempt: number }[] = []

  @Handles(OrderShipped)
  note(@Payload() { order }: OrderShipped, @Ctx() { attempt }: ReceivedMessage): void {
    Shop.shipped.push({ order, attempt })
  }
}

@Module({ controllers: [Warehouse] })
export class WarehouseModule {}
@Module({ controllers: [Shop] })
export class ShopModule {}

// How payloads are made and checked.
export function readPayload(payload: PayloadClass, value: unknown): object {
  const instance = plainToInstance(payload, value as object)
  const [error] = validateSync(instance)
  if (error) throw new TerminalError('invalid-payload', error.toString())
  return instance
}

// The router's policy: what a service may say, by the table.
export async function decide(entries: IncomingEntry[]): Promise<RelayDecision[]> {
  return entries.map(({ heardOn, fields }) => {
    const header = JSON.parse(fields['event'] ?? '{}') as EventHeader
    const row = commerce.find(header.type)
    const isAllowed = row?.from.includes(heardOn.replace('from:', '')) ?? false
    const requester = header.replyto?.replace('/services/', '') ?? ''
    const to = isAllowed && row ? row.to.filter((name) => name !== 'client') : []
    const answer = isAllowed && row?.to.includes('client') ? [requester] : []
    const deliveredTo = [...to.map((name) => `to:${name}`), ...answer.map((name) => `answer:${name}`)]
    const verdict = isAllowed ? ('allowed' as const) : ('denied' as const)
    const at = new Date().toISOString()
    const stamp = { verdict, at, router: 'router-1', policy: '1', heardOn, deliveredTo }
    return { deliverTo: { to, answer }, header, data: fields['data'] ?? '', stamp }
  })
}
