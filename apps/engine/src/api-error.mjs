// apps/engine/src/api-error.mjs - errors in the shape that OpenAI clients understand.
// Room:   apps/engine; sees nothing.
// Errors: an ApiError carries its HTTP status; anything else that is thrown becomes a 500 without details.
export class ApiError extends Error {
  constructor(status, message, { type = 'invalid_request_error', param = null, code = null } = {}) {
    super(message);
    this.status = status;
    this.body = { error: { message, type, param, code } };
  }
}

export const badRequest = (message, param = null, code = null) => new ApiError(400, message, { param, code });

export function asApiError(error) {
  if (error instanceof ApiError) return error;
  return new ApiError(500, 'the engine failed; its log says more', { type: 'server_error', code: 'engine_failed' });
}
