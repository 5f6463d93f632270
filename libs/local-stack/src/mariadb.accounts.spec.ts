import { describe, expect, it } from 'vitest'

import { nativePasswordHash, renderAccounts } from './mariadb.accounts.js'

describe('nativePasswordHash', () => {
  it("is what MariaDB's PASSWORD() gives", () => {
    expect(nativePasswordHash('password')).toBe('*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19')
  })
})

describe('renderAccounts', () => {
  it('names the administrator at each host, one statement a line, and never the password', () => {
    const lines = renderAccounts('password', ['127.0.0.1', 'localhost']).trim().split('\n')
    expect(lines.filter((line) => line.includes("'guildhall_admin'@'127.0.0.1'"))).toHaveLength(3)
    expect(lines.filter((line) => line !== '').every((line) => line.endsWith(';'))).toBe(true)
    expect(lines.join()).not.toContain("'password'")
  })
})
