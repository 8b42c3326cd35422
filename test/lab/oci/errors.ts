/** Errors as the service answers them. https://docs.oracle.com/en-us/iaas/Content/API/References/apierrors.htm */

export class ServiceError extends Error {
  readonly status: number
  readonly code: string
  /** For the emulator's log; the caller is not told. */
  readonly reason: string | undefined
  constructor(status: number, code: string, message: string, reason?: string) {
    super(message)
    this.name = 'ServiceError'
    this.status = status
    this.code = code
    this.reason = reason
  }
}

export const missing = (name: string): ServiceError => new ServiceError(400, 'MissingParameter', `${name} must be specified`)
export const invalid = (message: string): ServiceError => new ServiceError(400, 'InvalidParameter', message)
export const notFound = (id: string): ServiceError =>
  new ServiceError(404, 'NotAuthorizedOrNotFound', `Authorization failed or requested resource not found: ${id}`)
export const relatedNotFound = (id: string): ServiceError =>
  new ServiceError(400, 'RelatedResourceNotAuthorizedOrNotFound', `Authorization failed or requested related resource not found: ${id}`)
export const incorrectState = (message: string): ServiceError => new ServiceError(409, 'IncorrectState', message)
export const conflict = (user: { readonly id: string }, used: { readonly id: string }): ServiceError =>
  new ServiceError(409, 'Conflict', `The ${user.id} references ${used.id}. You must remove the reference to proceed with this operation.`)
