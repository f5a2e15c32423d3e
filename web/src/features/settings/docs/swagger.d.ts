declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  /** Draws the documentation into `domNode`; the options are those of Swagger UI. */
  export default function SwaggerUI(options: Record<string, unknown>): void
}
