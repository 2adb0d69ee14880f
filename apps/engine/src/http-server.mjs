// apps/engine/src/http-server.mjs - the OpenAI-compatible door of the engine, on 127.0.0.1 only.
// Room:   apps/engine; sees chat.mjs and the engine's public face.
// Errors: every error is a JSON object { error: { message, type, param, code } } with the fitting status.
import http from 'node:http';
import { ApiError, asApiError } from './api-error.mjs';
import { answerChat } from './chat.mjs';

function sendJson(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function modelList({ name }) {
  return { object: 'list', data: [{ id: name, object: 'model', created: 0, owned_by: 'stand-in' }] };
}

// Prometheus text format. Aborted: answers that a client or a stop cut short, waiting ones included.
function metricsText({ pool }, metrics) {
  const rows = {
    engine_requests_total: metrics.requests,
    engine_aborted_total: metrics.aborted,
    engine_prompt_tokens_total: metrics.promptTokens,
    engine_completion_tokens_total: metrics.completionTokens,
    engine_slots: pool.size,
    engine_slots_free: pool.free,
    engine_queue: pool.queued,
  };
  return Object.entries(rows).map(([name, value]) => `${name} ${value}\n`).join('');
}

function routesOf(engine, metrics, stopping) {
  return {
    'GET /health': (_, response) => sendJson(response, 200, { status: 'ok', engine: 'stand-in' }),
    'GET /metrics': (_, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(metricsText(engine, metrics));
    },
    'GET /v1/models': (_, response) => sendJson(response, 200, modelList(engine)),
    'POST /v1/chat/completions': (request, response) => answerChat(engine, metrics, stopping, request, response),
  };
}

function refuse(response, error) {
  if (response.destroyed) return undefined;  // the client left while it was still sending
  const known = asApiError(error);
  if (known.status === 500) console.error(error);
  if (response.headersSent) return response.end();
  return sendJson(response, known.status, known.body);
}

// `stopping` aborts every answer in flight; close the returned server afterwards.
export function makeServer(engine, stopping) {
  const metrics = { requests: 0, aborted: 0, promptTokens: 0, completionTokens: 0 };
  const routes = routesOf(engine, metrics, stopping);
  return http.createServer(async (request, response) => {
    const path = request.url.split('?', 1)[0];
    const route = `${request.method} ${path}`;
    try {
      if (!Object.hasOwn(routes, route)) throw new ApiError(404, `no such path: ${route}`, { code: 'unknown_path' });
      await routes[route](request, response);
    } catch (error) {
      refuse(response, error);
    }
  });
}
