import { newId, type ReceivedMessage } from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { TestDatabase } from '@guildhall/testing'
import { expect, it } from 'vitest'
import { AuditBlock } from './audit-block.entity.js'
import { AuditController } from './audit.controller.js'
import { AuditRecord } from './audit-record.entity.js'
import { AuditRepository } from './audit.repository.js'

it('lists records of the release before as it does new ones', async () => {
  const server = await TestDatabase.start('audit', 'VerdictIndex1795392000000')
  try {
    const [messageId, sha256] = [newId(), 'a'.repeat(64)]
    await server.query(`INSERT INTO audit_records (entry_id, message_id, type, source, delivered_to, verdict, code, reason,
        tenant, at, header, data, data_sha256, data_bytes)
      VALUES ('1-1@main', '${messageId}', 'task.submit', '/clients/anna', '["to:audit"]', 'denied', 'expired', 'is "late"',
        'acme', '2025-11-22 08:00:00.123', '{"type": "task.submit", "source": "/clients/anna"}', '{"goal": "é"}', '${sha256}', 14)`)
    await server.migrate()
    const { host, port, password } = server
    const publisher = { publish: () => Promise.resolve() }
    const entities = [AuditBlock, AuditRecord]
    const database = await Database.open({ service: 'audit', host, port, password, entities, publisher })
    try {
      const controller = new AuditController(new AuditRepository(database))
      const { records } = await controller.list({}, { header: { tenant: 'acme' } } as ReceivedMessage)
      expect(records).toEqual([
        {
          seq: 1,
          messageId,
          type: 'task.submit',
          source: '/clients/anna',
          deliveredTo: ['to:audit'],
          verdict: 'denied',
          code: 'expired',
          reason: 'is "late"',
          tenant: 'acme',
          at: '2025-11-22T08:00:00.123Z',
          dataSha256: sha256,
          dataBytes: 14,
        },
      ])
    } finally {
      await database.close()
    }
    const [block] = await server.query(
      `SELECT JSON_UNQUOTE(JSON_EXTRACT(CONVERT(UNCOMPRESS(payloads) USING utf8mb4), '$[0]')) AS data FROM audit_blocks`,
    )
    expect(block).toEqual({ data: '{"goal": "é"}' })
  } finally {
    await server.stop()
  }
})
