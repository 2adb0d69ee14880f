// apps/engine/src/chat-request.mjs - reads the body of POST /v1/chat/completions and refuses what can't be answered.
// Room:   apps/engine; sees api-error.mjs.
// Units:  body in bytes, max_tokens in tokens.
// Errors: ApiError 400 (what to change), 404 (another model), 413 (body over 1 MiB).
import { ApiError, badRequest } from './api-error.mjs';

const BODY_BYTES_MAX = 1 << 20;
const DRAIN_BYTES_MAX = 16 << 20;

// Reads on past the limit so that the client, still sending, can read its answer; but not for ever.
export async function readBody(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
    else if (bytes > DRAIN_BYTES_MAX) break;
  }
  if (bytes > BODY_BYTES_MAX) {
    throw new ApiError(413, `the body is over ${BODY_BYTES_MAX} bytes; send a shorter prompt`, { code: 'request_too_large' });
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(raw) {
  try {
    const body = JSON.parse(raw);
    if (body !== null && typeof body === 'object' && !Array.isArray(body)) return body;
  } catch {
    throw badRequest('the body is not valid JSON');
  }
  throw badRequest('the body must be a JSON object');
}

// A content is a string or a list of text parts, as the API allows.
function textOf(content, param) {
  if (typeof content === 'string') return content;
  if (content === null || content === undefined) return '';
  const isText = (part) => part?.type === 'text' && typeof part.text === 'string';
  if (Array.isArray(content) && content.every(isText)) return content.map((part) => part.text).join('');
  throw badRequest(`${param} must be a string or a list of {type: "text", text}`, param);
}

function promptOf(messages) {
  if (!Array.isArray(messages) || messages.length === 0) throw badRequest('messages must be a non-empty list', 'messages');
  const lines = messages.map((message, i) => {
    if (typeof message?.role !== 'string') throw badRequest(`messages[${i}].role must be a string`, `messages[${i}].role`);
    return `${message.role}: ${textOf(message.content, `messages[${i}].content`)}\n`;
  });
  return `${lines.join('')}assistant:`;
}

function limitOf(body) {
  const name = body.max_completion_tokens != null ? 'max_completion_tokens' : 'max_tokens';
  const limit = body[name];
  if (limit == null) return Infinity;
  if (!Number.isInteger(limit) || limit < 1) throw badRequest(`${name} must be a whole number from 1`, name);
  return limit;
}

function flag(value, param) {
  if (value == null) return false;
  if (typeof value !== 'boolean') throw badRequest(`${param} must be true or false`, param);
  return value;
}

// { prompt, maxTokens (Infinity if not given), stream, includeUsage }
export function parseChatRequest(raw, modelName) {
  const body = parsed(raw);
  if (body.model != null && body.model !== modelName) {
    throw new ApiError(404, `model '${body.model}' not found; this engine serves '${modelName}'`, {
      param: 'model', code: 'model_not_found',
    });
  }
  return {
    prompt: promptOf(body.messages),
    maxTokens: limitOf(body),
    stream: flag(body.stream, 'stream'),
    includeUsage: flag(body.stream_options?.include_usage, 'stream_options.include_usage'),
  };
}
