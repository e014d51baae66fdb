// SPDX-License-Identifier: Apache-2.0
// Makes the Parquet files beside it; see README.md. Run from a folder of your
// own where the packages are installed: node make.mjs DEMO_FOLDER OUT_FOLDER
import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import { createRequire } from 'node:module'

const require = createRequire(path.join(process.cwd(), 'x.js'))
const arrow = require('apache-arrow')
const wasm = require('parquet-wasm/node')
const parquetjs = require('@dsnp/parquetjs')
const hyparquet = await import(
    path.join(process.cwd(), 'node_modules/hyparquet-writer/src/node.js'))

const [demo, out] = process.argv.slice(2)
const lines = name => fs.readFileSync(path.join(demo, name), 'utf8')
    .trim().split('\n').map(l => JSON.parse(l))
const examples = lines('examples/puzzles.jsonl')
const documents = lines('documents/puzzles.jsonl')

// What an LLM would write ahead of retrieval, in our own words.
const reasoned = examples.map(e => ({
    ...e, query: `What is asked: ${e.query} What would answer it: ${e.reasoning}`
}))

// Every kind of value, with nulls, empty lists and nulls in lists.
const kinds = Array.from({ length: 60 }, (_, i) => ({
    id: `row ${i}`,
    text: i % 7 === 3 ? null : ['', 'tea', 'a "cup"\n', 'größer €', 'tea'][i % 5],
    n32: i % 5 === 1 ? null : (i - 30) * 1001,
    n64: (i - 30) * 100100100100,
    f32: i % 4 === 2 ? null : i / 8 - 2,
    f64: i / 1024 + 1000000,
    flag: i % 6 === 5 ? null : i % 3 === 0,
    words: i % 9 === 4 ? null : i % 9 === 5 ? [] :
        Array.from({ length: i % 4 + 1 }, (_, k) =>
            (i + k) % 11 === 0 ? null : `w${(i * k) % 6}`),
}))

function put(name, bytes) {
    const file = path.join(out, name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, bytes)
}

// ---- arrow-rs, by way of parquet-wasm ----------------------------------------
const text = () => new arrow.Utf8()
const texts = () => new arrow.List(new arrow.Field('element', text(), true))
const exampleTypes = { query: text(), reasoning: text(), id: text(),
    excluded_ids: texts(), gold_ids_long: texts(), gold_ids: texts(),
    gold_answer: text() }
const documentTypes = { id: text(), content: text() }
const kindTypes = { id: text(), text: text(), n32: new arrow.Int32(),
    n64: new arrow.Int64(), f32: new arrow.Float32(), f64: new arrow.Float64(),
    flag: new arrow.Bool(), words: texts() }

function table(rows, types) {
    const columns = {}
    for (const name of Object.keys(types))
        columns[name] = arrow.vectorFromArray(rows.map(r => {
            const v = r[name]
            return v !== null && types[name] instanceof arrow.Int64 ? BigInt(v) : v
        }), types[name])
    return new arrow.Table(columns)
}

function byArrow(name, rows, types, settings) {
    const ipc = arrow.tableToIPC(table(rows, types), 'stream')
    const builder = settings(new wasm.WriterPropertiesBuilder())
    put(name, wasm.writeParquet(wasm.Table.fromIPCStream(ipc), builder.build()))
}

const V2 = wasm.WriterVersion.V2, C = wasm.Compression
const snappy = b => b.setCompression(C.SNAPPY)
const small = b => b.setCompression(C.ZSTD).setWriterVersion(V2)
    .setMaxRowGroupSize(20).setDataPageSizeLimit(512).setWriteBatchSize(4)
    .setEncoding(wasm.Encoding.PLAIN).setDictionaryEnabled(false)

byArrow('arrow/examples/puzzles-00000-of-00001.parquet', examples,
    exampleTypes, snappy)
byArrow('arrow/gpt4_reason/puzzles-00000-of-00001.parquet', reasoned,
    exampleTypes, snappy)
byArrow('arrow/documents/puzzles-00000-of-00002.parquet',
    documents.slice(0, 50), documentTypes, small)
byArrow('arrow/documents/puzzles-00001-of-00002.parquet',
    documents.slice(50), documentTypes, small)
byArrow('kinds/arrow-gzip-v1.parquet', kinds, kindTypes, b => b
    .setCompression(C.GZIP).setMaxRowGroupSize(25)
    .setDataPageSizeLimit(64).setWriteBatchSize(4))
byArrow('kinds/arrow-zstd-v2.parquet', kinds, kindTypes, b => b
    .setCompression(C.ZSTD).setWriterVersion(V2)
    .setEncoding(wasm.Encoding.PLAIN)
    .setColumnEncoding('flag', wasm.Encoding.RLE))
byArrow('kinds/delta.parquet', kinds, kindTypes, b => b
    .setCompression(C.UNCOMPRESSED).setDictionaryEnabled(false)
    .setColumnEncoding('n64', wasm.Encoding.DELTA_BINARY_PACKED))
byArrow('kinds/brotli.parquet', kinds.slice(0, 3), kindTypes,
    b => b.setCompression(C.BROTLI))

// ---- hyparquet-writer ---------------------------------------------------------
const compressors = {
    GZIP: b => new Uint8Array(zlib.gzipSync(b)),
}

function listOf(name) {
    return [{ name, repetition_type: 'OPTIONAL', converted_type: 'LIST',
        num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'item', type: 'BYTE_ARRAY', converted_type: 'UTF8',
        repetition_type: 'OPTIONAL' }]
}

function byHyparquet(name, rows, columns, options) {
    const schema = [{ name: 'root', num_children: columns.length }]
    for (const [column, type, converted_type] of columns)
        schema.push(...type === 'LIST' ? listOf(column) : [{ name: column, type,
            converted_type, repetition_type: 'OPTIONAL' }])
    fs.mkdirSync(path.dirname(path.join(out, name)), { recursive: true })
    hyparquet.parquetWriteFile({
        filename: path.join(out, name), compressors, schema,
        columnData: columns.map(([column, type]) => ({ name: column,
            data: rows.map(r => type === 'INT64' ? BigInt(r[column])
                : r[column]) })),
        ...options,
    })
}

const B = n => [n, 'BYTE_ARRAY', 'UTF8']
const exampleColumns = [B('query'), B('reasoning'), B('id'),
    ['excluded_ids', 'LIST'], ['gold_ids_long', 'LIST'], ['gold_ids', 'LIST'],
    B('gold_answer')]
const kindColumns = [B('id'), B('text'), ['n32', 'INT32'], ['n64', 'INT64'],
    ['f32', 'FLOAT'], ['f64', 'DOUBLE'], ['flag', 'BOOLEAN'], ['words', 'LIST']]

byHyparquet('hyparquet/examples/puzzles.parquet', examples, exampleColumns,
    { codec: 'UNCOMPRESSED', rowGroupSize: 5 })
byHyparquet('hyparquet/documents/puzzles.parquet', documents,
    [B('id'), B('content')], { codec: 'SNAPPY', rowGroupSize: 40, pageSize: 900 })
byHyparquet('kinds/hyparquet-snappy.parquet', kinds, kindColumns,
    { codec: 'SNAPPY', rowGroupSize: [7, 30], pageSize: 40 })
byHyparquet('kinds/hyparquet-plain.parquet', kinds, kindColumns,
    { codec: 'UNCOMPRESSED', statisticsTruncateLength: Infinity })

// ---- parquetjs: lists as plainly repeated columns -------------------------------
async function byParquetjs(name, rows, fields, rowGroup, options) {
    const file = path.join(out, name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    const schema = new parquetjs.ParquetSchema(fields)
    const w = await parquetjs.ParquetWriter.openFile(schema, file, options)
    w.setRowGroupSize(rowGroup)
    for (const r of rows)
        await w.appendRow(Object.fromEntries(
            Object.entries(r).filter(([k, v]) => k in fields && v !== null)))
    await w.close()
}

const F = (type, compression, more) => ({ type, compression, ...more })
const one = c => F('UTF8', c), many = c => F('UTF8', c, { repeated: true })
await byParquetjs('parquetjs/examples/puzzles.parquet', examples, {
    query: one('GZIP'), reasoning: one('GZIP'), id: one('GZIP'),
    excluded_ids: many('GZIP'), gold_ids_long: many('GZIP'),
    gold_ids: many('GZIP'), gold_answer: one('GZIP') }, 4096,
    { useDataPageV2: true })
await byParquetjs('parquetjs/documents/puzzles.parquet', documents,
    { id: one('SNAPPY'), content: one('SNAPPY') }, 30, { useDataPageV2: false })
const maybe = { optional: true }
await byParquetjs('kinds/parquetjs-gzip-v2.parquet',
    kinds.map(k => ({ ...k, words: k.words && k.words.filter(w => w) })), {
        id: F('UTF8', 'GZIP'), text: F('UTF8', 'GZIP', maybe),
        n32: F('INT32', 'GZIP', maybe), n64: F('INT64', 'GZIP'),
        f32: F('FLOAT', 'GZIP', maybe), f64: F('DOUBLE', 'GZIP'),
        flag: F('BOOLEAN', 'GZIP', maybe), words: many('GZIP') },
    17, { useDataPageV2: true })

// ---- what they must give ---------------------------------------------------------
const row = r => JSON.stringify(Object.fromEntries(
    Object.entries(r).filter(([, v]) => v !== null)))
put('kinds/kinds.jsonl', kinds.map(r => row(r) + '\n').join(''))
// A repeated column knows neither a null list nor a null in one.
put('kinds/kinds-repeated.jsonl', kinds.map(r => row({ ...r,
    words: (r.words || []).filter(w => w) }) + '\n').join(''))

// ---- seeds of the fuzz target ------------------------------------------------------
const few = kinds.slice(3, 7)
for (const [name, codec] of [['snappy', C.SNAPPY], ['gzip', C.GZIP],
    ['zstd', C.ZSTD]])
    byArrow(`fuzz/arrow-${name}.parquet`, few, kindTypes, b => b
        .setCompression(codec).setStatisticsEnabled(
            wasm.EnabledStatistics.None).setMaxRowGroupSize(3))
byArrow('fuzz/arrow-v2.parquet', few,
    { id: text(), flag: new arrow.Bool(), words: texts() }, b => b
        .setCompression(C.UNCOMPRESSED).setWriterVersion(V2)
        .setEncoding(wasm.Encoding.PLAIN).setDictionaryEnabled(false)
        .setColumnEncoding('flag', wasm.Encoding.RLE))
byHyparquet('fuzz/hyparquet.parquet', few, [B('id'), ['words', 'LIST']],
    { codec: 'UNCOMPRESSED', statistics: false })
await byParquetjs('fuzz/parquetjs.parquet',
    few.map(k => ({ id: k.id, words: (k.words || []).filter(w => w) })),
    { id: F('UTF8', 'UNCOMPRESSED'), words: many('UNCOMPRESSED') }, 2,
    { useDataPageV2: true })
