/**
 * The part of programs in the sandbox that makes requests: `ask(url, { method, headers, body })` answers with Node's
 * IncomingMessage, and only the proxy is ever spoken to. `proxy` is undefined where the run may reach no host.
 */
export const proxiedRequest = `
const http = require('node:http'), https = require('node:https'), tls = require('node:tls'), net = require('node:net')
const proxy = process.env.HTTP_PROXY && new URL(process.env.HTTP_PROXY)

const refusedBy = (reason, message) => new Error('refused (' + reason + '): ' + message.trim())
const toProxy = () => ({
  host: proxy.hostname, port: proxy.port, agent: false,
  authorization: 'Basic ' + Buffer.from(proxy.username + ':' + proxy.password).toString('base64'),
})
const answerTo = (request, body) => new Promise((resolve, reject) => {
  request.once('response', resolve).once('error', reject).end(body)
})

function tunnelTo(url) {
  const { authorization, ...options } = toProxy()
  const path = url.hostname + ':' + (url.port || 443)
  const request = http.request({ ...options, method: 'CONNECT', path, headers: { host: path, 'proxy-authorization': authorization } })
  return new Promise((resolve, reject) => {
    request.once('error', reject).once('connect', (answer, socket, head) => {
      if (answer.statusCode === 200) return resolve(socket)
      let message = head.toString()
      socket.on('data', (bytes) => (message += bytes)).once('error', reject)
      socket.once('end', () => reject(refusedBy(answer.headers['x-guildhall-egress'] ?? answer.statusCode, message)))
    }).end()
  })
}

async function ask(url, { method, headers, body }) {
  if (url.protocol === 'https:') {
    const socket = await tunnelTo(url)
    const host = url.hostname.replace(/^\\[(.*)\\]$/, '$1')
    const servername = net.isIP(host) === 0 ? host : ''
    const createConnection = () => tls.connect({ socket, host, servername })
    return answerTo(https.request(url, { method, headers, createConnection }), body)
  }
  const { authorization, ...options } = toProxy()
  const own = { ...headers, host: url.host, 'proxy-authorization': authorization }
  const answer = await answerTo(http.request({ ...options, method, path: url.href, headers: own }), body)
  const reason = answer.headers['x-guildhall-egress']
  if (reason !== undefined) throw refusedBy(reason, await require('node:stream/consumers').text(answer))
  return answer
}
`
