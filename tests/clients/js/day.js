// The trading day of story.py, lived by the npm package `binance`. Prints what it saw as JSON.
'use strict'

const http = require('node:http')
const { USDMClient, WebsocketClient } = require('binance')

const venue = JSON.parse(process.argv[2])
const SYMBOL = 'BTCUSDT'
const QUANTITY = '0.01'
const quiet = { trace() {}, info() {}, error: (...what) => console.error(...what) }

const rest = new USDMClient({
  api_key: venue.key, api_secret: venue.secret, baseUrl: venue.url, recvWindow: 10000,
})
const sockets = new WebsocketClient({
  api_key: venue.key, api_secret: venue.secret, wsUrl: venue.ws_url, restOptions: { baseUrl: venue.url },
}, quiet)

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function until(condition, what) {
  const deadline = Date.now() + 15000
  for (;;) {
    const value = await condition()
    if (value) return value
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await pause(50)
  }
}

function control(path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port: venue.control_port, path, method: 'POST', headers: { 'X-Fireexit-Token': venue.token } },
      (response) => { response.resume(); response.on('end', resolve) },
    )
    request.on('error', reject)
    request.end(JSON.stringify(body))
  })
}

const price = (value) => control('/price', { symbol: SYMBOL, price: value })

async function raised(call) {
  try {
    await call()
    return null
  } catch (error) {
    return [error.code === undefined ? 'none' : String(error.code), JSON.stringify(error.body || error.message || error)]
  }
}

class LocalBook {
  constructor() { this.waiting = []; this.bids = new Map(); this.asks = new Map(); this.last = null; this.gaps = 0 }

  event(event) {
    if (this.last === null) this.waiting.push(event)
    else this.apply(event, false)
  }

  snapshot(row) {
    for (const [p, q] of row.bids) this.bids.set(Number(p), Number(q))
    for (const [p, q] of row.asks) this.asks.set(Number(p), Number(q))
    this.last = row.lastUpdateId
    this.waiting.filter((event) => event.u >= this.last).forEach((event, i) => this.apply(event, i === 0))
  }

  apply(event, first) {
    if (!first && event.pu !== this.last && event.u > this.last) this.gaps += 1
    if (event.u < this.last) return
    for (const [side, rows] of [[this.bids, event.b], [this.asks, event.a]]) {
      for (const [p, q] of rows) {
        if (Number(q) === 0) side.delete(Number(p))
        else side.set(Number(p), Number(q))
      }
    }
    this.last = event.u
  }

  top() {
    const bids = [...this.bids].sort((a, b) => b[0] - a[0]).slice(0, 10)
    return JSON.stringify([bids, [...this.asks].sort((a, b) => a[0] - b[0]).slice(0, 10)])
  }
}

const book = new LocalBook()
const events = []
sockets.on('exception', (error) => console.error('exception', error))
sockets.on('message', (message) => {
  const event = message.data || message
  if (event.e === 'depthUpdate') book.event(event)
  if (event.e === 'ORDER_TRADE_UPDATE') events.push(event.o)
})

const send = (row) => rest.submitNewOrder({ symbol: SYMBOL, ...row })
const limit = (side, quantity, at) => send({ side, type: 'LIMIT', timeInForce: 'GTC', quantity, price: at })
const market = (side, quantity, reduceOnly) => send({ side, type: 'MARKET', quantity, ...(reduceOnly ? { reduceOnly: 'true' } : {}) })
const order = (orderId) => rest.getOrder({ symbol: SYMBOL, orderId })
const openIds = async () => (await rest.getAllOpenOrders({ symbol: SYMBOL })).map((row) => row.orderId)
const position = async () => (await rest.getPositionsV3({ symbol: SYMBOL })).reduce((sum, row) => sum + Number(row.positionAmt), 0)

async function sameBook() {
  return until(async () => {
    if (book.last === null && book.waiting.length) book.snapshot(await rest.getOrderBook({ symbol: SYMBOL, limit: 1000 }))
    const row = await rest.getOrderBook({ symbol: SYMBOL, limit: 20 })
    const wanted = [row.bids, row.asks].map((side) => side.slice(0, 10).map(([p, q]) => [Number(p), Number(q)]))
    return book.top() === JSON.stringify(wanted)
  }, 'the local book to equal REST')
}

async function overload() {
  await control('/switch', { policy: 'exempt', slots: 1, handling: { law: 'constant', mean_ms: 600 } })
  const holder = raised(() => limit('BUY', QUANTITY, '110000.00'))
  await pause(200)
  const shed = await raised(() => limit('BUY', QUANTITY, '110000.00'))
  const reducing = await raised(() => market('SELL', QUANTITY, true))
  await holder
  await control('/switch', { slots: 1000, handling: { law: 'instant' } })
  return { shed, reducing }
}

async function unknown() {
  const before = new Set(await openIds())
  await control('/fault', { fault: 'answer-lost' })
  const error = await raised(() => limit('BUY', QUANTITY, '109000.00'))
  const found = (await openIds()).filter((id) => !before.has(id))
  for (const orderId of found) await rest.cancelOrder({ symbol: SYMBOL, orderId })
  return { error, found: found.length, left: (await openIds()).filter((id) => !before.has(id)).length }
}

async function stopLoss() {
  await market('BUY', QUANTITY)
  const placed = await send({ side: 'SELL', type: 'STOP_MARKET', quantity: QUANTITY, stopPrice: '112500.00', reduceOnly: 'true' })
  const waiting = await order(placed.orderId)
  await price('112400.00')
  await market('BUY', QUANTITY)
  const done = await until(async () => {
    const row = await order(placed.orderId)
    return row.status === 'FILLED' && row
  }, 'the stop to be filled')
  await price('113000.00')
  return { waiting: [waiting.status, waiting.type], done: [done.status, done.origType], position: await position() }
}

async function liquidation() {
  await market('SELL', QUANTITY, true)
  await control('/transfer', { account: venue.account, amount: '-99000' })
  await market('BUY', '0.1')
  for (const at of ['103500.00', '103400.00']) await price(at)
  const forced = await until(() => events.findLast((e) => e.c.startsWith('autoclose-') && e.X === 'FILLED'), 'the liquidation')
  await until(async () => (await position()) === 0, 'the position to be gone')
  return { execution: forced.x, type: forced.o, forced: (await rest.getForceOrders({ symbol: SYMBOL })).length }
}

async function live() {
  const seen = { connected: (await rest.getExchangeInfo()).symbols.some((row) => row.symbol === SYMBOL) }
  sockets.subscribe([`${SYMBOL.toLowerCase()}@depth@100ms`], 'usdmPublic')
  await sockets.subscribeUsdFuturesUserDataStream()
  await until(async () => { await limit('BUY', QUANTITY, '111000.00'); await pause(200); return book.waiting.length }, 'a first event')
  await rest.cancelAllOpenOrders({ symbol: SYMBOL })
  const { orderId } = await limit('BUY', QUANTITY, '112000.00')
  seen.book = await sameBook()
  await rest.modifyOrder({ symbol: SYMBOL, orderId, side: 'BUY', quantity: '0.02', price: '112500.00' })
  const changed = await order(orderId)
  seen.amended = [Number(changed.price), Number(changed.origQty)]
  await rest.cancelOrder({ symbol: SYMBOL, orderId })
  seen.canceled = (await order(orderId)).status
  await market('BUY', QUANTITY)
  seen.position = await position()
  seen.overload = await overload()
  seen.unknown = await unknown()
  seen.stop = await stopLoss()
  seen.book_later = await sameBook()
  seen.liquidated = await liquidation()
  seen.kinds = [...new Set(events.map((event) => event.x))].sort()
  const account = await rest.getAccountInformationV3()
  seen.end = { open: (await openIds()).length, position: await position(), wallet: account.totalWalletBalance }
  console.log(JSON.stringify(seen))
  process.exit(0)
}

live().catch((error) => { console.error(error); process.exit(1) })
