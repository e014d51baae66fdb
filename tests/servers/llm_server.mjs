#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// An OpenAI-compatible server over llama.cpp, for tests on one machine.
//   node llm_server.mjs MODEL.gguf [--port N] [--threads N] [--context N]
//                       [--parallel N] [--no-cache]
// GET  /health /v1/models
// POST /v1/completions /v1/chat/completions
//      max_tokens, temperature (default 0), top_p, top_k, min_p, seed, stop,
//      logprobs, top_logprobs, stream, stream_options.include_usage,
//      cache_prompt, grammar (GBNF)
// POST /v1/rerank
//      query, documents, top_n, return_documents; the model needs a
//      classification head
// Prints its URL when it is ready, then a line a request: route and status.
import http from 'node:http'
import path from 'node:path'
import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { getLlama, LlamaGrammar, LlamaGrammarEvaluationState }
    from 'node-llama-cpp'

const { values: opt, positionals } = parseArgs({
    allowPositionals: true,
    options: {
        port: { type: 'string', default: '0' },
        threads: { type: 'string', default: '1' },
        context: { type: 'string', default: '8192' },
        parallel: { type: 'string', default: '1' },
        'no-cache': { type: 'boolean', default: false }
    }
})
if (positionals.length !== 1) {
    console.error('usage: llm_server.mjs MODEL.gguf [--port N] [--threads N]' +
        ' [--context N] [--parallel N] [--no-cache]')
    process.exit(2)
}
const contextSize = Number(opt.context)
const parallel = Number(opt.parallel)
const threads = Number(opt.threads)
const llama = await getLlama({
    gpu: false, build: 'never', logLevel: 'error', maxThreads: threads
})
const model = await llama.loadModel({
    modelPath: positionals[0], gpuLayers: 0
})
const context = await model.createContext({
    contextSize, sequences: parallel, threads, batchSize: 2048
})
const name = path.basename(positionals[0], '.gguf')
let ranking = null

// One sequence (a slot with its KV cache) a request under way; others wait.
const idle = Array.from({ length: parallel }, () => context.getSequence())
const waiting = []
const acquire = () => idle.length ? Promise.resolve(idle.pop())
    : new Promise(go => waiting.push(go))
const release = sequence => waiting.length ? waiting.shift()(sequence)
    : idle.push(sequence)

class ApiError extends Error {
    constructor (message, status = 400) {
        super(message)
        this.status = status
    }
}

// ---- prompts ----------------------------------------------------------------

const contentText = c => typeof c === 'string' ? c
    : Array.isArray(c) ? c.map(p => p.text ?? '').join('') : ''

// ChatML. The last message, where it is the assistant's, is gone on from.
function chatTokens (messages) {
    if (!Array.isArray(messages) || messages.length === 0)
        throw new ApiError('messages: a non-empty array is required')
    const last = messages.at(-1).role === 'assistant' ? messages.at(-1) : null
    const out = []
    for (const m of messages) {
        out.push(...model.tokenize(`<|im_start|>${m.role}\n`, true))
        out.push(...model.tokenize(contentText(m.content), false))
        if (m !== last)
            out.push(...model.tokenize('<|im_end|>\n', true))
    }
    if (!last)
        out.push(...model.tokenize('<|im_start|>assistant\n', true))
    return out
}

// ---- one answer, token by token ---------------------------------------------

function sampling (body) {
    const options = {
        temperature: body.temperature ?? 0,
        topP: body.top_p ?? 1,
        topK: body.top_k ?? 0,
        minP: body.min_p ?? 0,
        seed: body.seed ?? 0,
        yieldEogToken: true,
        repeatPenalty: false
    }
    if (body.grammar)
        options.grammarEvaluationState = new LlamaGrammarEvaluationState({
            model, grammar: new LlamaGrammar(llama, { grammar: body.grammar })
        })
    return options
}

// Keeps what the slot already holds of the prompt, but for its last token,
// which must be evaluated again. Returns how many tokens that are.
async function keepPrefix (sequence, tokens, body) {
    let keep = 0
    if (!opt['no-cache'] && body.cache_prompt !== false)
        keep = sequence.compareContextTokens(tokens).firstDifferentIndex
    keep = Math.min(keep, tokens.length - 1)
    if (keep === 0)
        await sequence.clearHistory()
    else if (keep < sequence.nextTokenIndex)
        await sequence.eraseContextTokenRanges([
            { start: keep, end: sequence.nextTokenIndex }
        ])
    return keep
}

// Yields {text, entry} a token (entry: its logprobs, where asked for) and
// returns why it ended.
async function * generate (tokens, body, maxTokens, top) {
    if (tokens.length + maxTokens > contextSize)
        throw new ApiError(`the prompt (${tokens.length} tokens) and ` +
            `max_tokens (${maxTokens}) exceed the context size ` +
            `(${contextSize})`)
    const stops = [body.stop ?? []].flat()
    const sequence = await acquire()
    try {
        const keep = await keepPrefix(sequence, tokens, body)
        const done = []
        const piece = t => model.detokenize([t], false, done)
        const logprobs = out => top < 0 ? null : {
            token: piece(out.token),
            logprob: Math.log(out.probabilities.get(out.token)),
            top: [...out.probabilities].slice(0, top).map(([t, p]) =>
                ({ token: piece(t), logprob: Math.log(p) }))
        }
        let text = ''
        for await (const out of sequence.evaluateWithMetadata(
            tokens.slice(keep), { probabilities: top >= 0 }, sampling(body))) {
            if (model.isEogToken(out.token))
                return 'stop'
            const entry = logprobs(out)
            done.push(out.token)
            const whole = model.detokenize(done)
            const cuts = stops.map(s => whole.indexOf(s)).filter(i => i >= 0)
            if (cuts.length) {
                const end = Math.max(text.length, Math.min(...cuts))
                yield { entry, text: whole.slice(text.length, end) }
                return 'stop'
            }
            // A character may take several tokens: wait for its rest.
            const shown = whole.endsWith('\ufffd') && done.length < maxTokens
                ? text : whole
            yield { entry, text: shown.slice(text.length) }
            text = shown
            if (done.length >= maxTokens)
                return 'length'
        }
        return 'stop'
    } finally {
        release(sequence)
    }
}

// ---- completions, both kinds ------------------------------------------------

const bytes = s => [...Buffer.from(s)]
const chatLogprobs = entries => ({
    content: entries.map(e => ({
        token: e.token,
        logprob: e.logprob,
        bytes: bytes(e.token),
        top_logprobs: e.top.map(t => ({ ...t, bytes: bytes(t.token) }))
    }))
})
const textLogprobs = entries => ({
    tokens: entries.map(e => e.token),
    token_logprobs: entries.map(e => e.logprob),
    top_logprobs: entries.map(e =>
        Object.fromEntries(e.top.map(t => [t.token, t.logprob])))
})

// What differs between the two routes.
function shapeOf (body, chat) {
    const kind = chat ? 'chat.completion' : 'text_completion'
    const count = Number.isInteger(body.logprobs) ? body.logprobs : -1
    return {
        kind,
        chunkKind: chat ? kind + '.chunk' : kind,
        top: !chat ? count : body.logprobs ? body.top_logprobs ?? 0 : -1,
        logprobs: entries => chat ? chatLogprobs(entries)
            : textLogprobs(entries),
        whole: text => chat
            ? { message: { role: 'assistant', content: text } } : { text },
        part: text => chat
            ? { delta: text ? { content: text } : {} } : { text },
        opening: chat ? { delta: { role: 'assistant', content: '' } } : null
    }
}

async function complete (body, res, chat) {
    const tokens = chat ? chatTokens(body.messages)
        : model.tokenize(String(body.prompt ?? ''), true)
    if (tokens.length === 0)
        throw new ApiError('prompt: at least one token is required')
    const maxTokens = body.max_completion_tokens ?? body.max_tokens ??
        (chat ? 256 : 16)
    if (!Number.isInteger(maxTokens) || maxTokens < 1)
        throw new ApiError('max_tokens: a positive integer is required')
    const shape = shapeOf(body, chat)
    const head = {
        id: (chat ? 'chatcmpl-' : 'cmpl-') + randomUUID(),
        created: Math.floor(Date.now() / 1000),
        model: body.model ?? name
    }
    const usage = n => ({
        prompt_tokens: tokens.length,
        completion_tokens: n,
        total_tokens: tokens.length + n
    })
    const send = o => res.write('data: ' + JSON.stringify(
        { ...head, object: shape.chunkKind, ...o }) + '\n\n')
    const chunk = (part, entry, reason) => send({
        choices: [{
            index: 0,
            ...part,
            logprobs: entry ? shape.logprobs([entry]) : null,
            finish_reason: reason
        }]
    })
    const open = () => {
        if (res.headersSent)
            return
        res.writeHead(200, {
            'content-type': 'text/event-stream', 'cache-control': 'no-cache'
        })
        if (shape.opening)
            chunk(shape.opening, null, null)
    }

    const entries = []
    const run = generate(tokens, body, maxTokens, shape.top)
    let text = ''
    let count = 0
    let step
    while (!(step = await run.next()).done && !res.destroyed) {
        text += step.value.text
        count++
        if (step.value.entry)
            entries.push(step.value.entry)
        if (body.stream) {
            open()
            chunk(shape.part(step.value.text), step.value.entry, null)
        }
    }
    if (res.destroyed) { // the client went away: the slot is free again
        await run.return()
        return
    }
    if (body.stream) {
        open()
        chunk(shape.part(''), null, step.value)
        if (body.stream_options?.include_usage)
            send({ choices: [], usage: usage(count) })
        res.end('data: [DONE]\n\n')
        return
    }
    reply(res, 200, {
        ...head,
        object: shape.kind,
        choices: [{
            index: 0,
            ...shape.whole(text),
            logprobs: shape.top < 0 ? null : shape.logprobs(entries),
            finish_reason: step.value
        }],
        usage: usage(count)
    })
}

// ---- rerank -----------------------------------------------------------------

async function rerank (body, res) {
    if (typeof body.query !== 'string' || !Array.isArray(body.documents) ||
        body.documents.length === 0)
        throw new ApiError('query (a string) and documents (a non-empty ' +
            'array) are required')
    try {
        ranking ??= await model.createRankingContext({
            contextSize: Math.min(contextSize, 4096), threads
        })
    } catch (e) {
        throw new ApiError('this model cannot rerank: ' + e.message, 501)
    }
    const docs = body.documents.map(d =>
        typeof d === 'string' ? d : d?.text ?? '')
    const scores = await ranking.rankAll(body.query, docs)
    const results = scores.map((s, i) => ({
        index: i,
        relevance_score: s,
        ...(body.return_documents ? { document: { text: docs[i] } } : {})
    })).sort((a, b) =>
        b.relevance_score - a.relevance_score || a.index - b.index)
    const size = t => model.tokenize(t).length
    const n = docs.reduce((sum, d) => sum + size(d) + size(body.query), 0)
    reply(res, 200, {
        id: 'rerank-' + randomUUID(),
        model: body.model ?? name,
        results: results.slice(0, body.top_n ?? docs.length),
        usage: { prompt_tokens: n, total_tokens: n }
    })
}

// ---- HTTP -------------------------------------------------------------------

function reply (res, status, value) {
    const data = Buffer.from(JSON.stringify(value))
    res.writeHead(status, {
        'content-type': 'application/json', 'content-length': data.length
    }).end(data)
}

const routes = {
    'GET /health': (body, res) => reply(res, 200, { status: 'ok' }),
    'GET /v1/models': (body, res) => reply(res, 200, {
        object: 'list',
        data: [{ id: name, object: 'model', created: 0, owned_by: 'local' }]
    }),
    'POST /v1/completions': (body, res) => complete(body, res, false),
    'POST /v1/chat/completions': (body, res) => complete(body, res, true),
    'POST /v1/rerank': rerank
}

async function readBody (req) {
    const parts = []
    for await (const part of req)
        parts.push(part)
    if (req.method !== 'POST')
        return null
    try {
        return JSON.parse(Buffer.concat(parts))
    } catch {
        throw new ApiError('the body is not JSON')
    }
}

const server = http.createServer(async (req, res) => {
    const route = `${req.method} ${req.url.split('?')[0]}`
    res.on('close', () => console.log(route, res.statusCode))
    try {
        const body = await readBody(req)
        if (!routes[route])
            throw new ApiError(`no such endpoint: ${route}`, 404)
        await routes[route](body, res)
    } catch (e) {
        if (!(e instanceof ApiError))
            console.error(e)
        if (res.headersSent) {
            res.destroy()
            return
        }
        const status = e instanceof ApiError ? e.status : 500
        reply(res, status, {
            error: {
                message: e.message,
                type: status < 500 ? 'invalid_request_error' : 'server_error',
                code: status
            }
        })
    }
})
server.on('error', e => {
    console.error(e.message)
    process.exit(1)
})
server.listen(Number(opt.port), '127.0.0.1', () =>
    console.log(`listening on http://127.0.0.1:${server.address().port}`))
const stop = () => {
    server.close()
    server.closeAllConnections()
    process.exit(0)
}
process.on('SIGTERM', stop).on('SIGINT', stop)
