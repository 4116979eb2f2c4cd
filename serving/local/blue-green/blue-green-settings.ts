import { z } from 'zod';

const port = (fallback: number) => z.coerce.number().int().min(1).max(65_535).default(fallback);
/** Make passes an unset variable as an empty string. */
const optionalText = z
  .string()
  .optional()
  .transform((value) => (value === '' ? undefined : value));
const optionalNumber = optionalText.transform((value) => (value === undefined ? undefined : Number(value)));

/** To be spread into the variables of the platform. */
export const blueGreenVariables = z.object({
  /** Where clients ask, and where nginx says which split is in force. */
  BLUE_GREEN_PORT: port(8090),
  BLUE_GREEN_MANAGEMENT_PORT: port(8091),
  BLUE_PORT: port(8092),
  BLUE_GRPC_PORT: port(8093),
  BLUE_MANAGEMENT_PORT: port(8094),
  GREEN_PORT: port(8095),
  GREEN_GRPC_PORT: port(8096),
  GREEN_MANAGEMENT_PORT: port(8097),
  /** Weights: of so many requests, how many each colour gets. */
  BLUE: optionalNumber,
  GREEN: optionalNumber,
  /** The colour that gets all requests. */
  TO: optionalText,
  /** What each colour calls itself. */
  BLUE_RELEASE: optionalText.transform((value) => value ?? '1.0.0'),
  GREEN_RELEASE: optionalText.transform((value) => value ?? '1.0.1'),
  /** The same with containers: where clients ask, and where nginx says which split is in force. */
  COMPOSE_PORT: port(8098),
  COMPOSE_MANAGEMENT_PORT: port(8099),
  /** The first three numbers of a network that is free on this machine. */
  COMPOSE_SUBNET: optionalText
    .transform((value) => value ?? '172.30.80')
    .pipe(z.string().regex(/^(\d{1,3}\.){2}\d{1,3}$/, 'three numbers such as 172.30.80')),
  /** What runs compose files. */
  COMPOSE: optionalText.transform((value) => value ?? 'docker compose'),
  BLUE_IMAGE: optionalText,
  GREEN_IMAGE: optionalText,
  /** A registry that containers reach, instead of that of `make up`. */
  MLFLOW_TRACKING_URI: optionalText,
  /** Sources of another commit for a colour, such as the one that is in production; this checkout when empty. */
  BLUE_COMMIT: optionalText,
  GREEN_COMMIT: optionalText,
});

export type BlueGreenSettings = ReturnType<typeof blueGreenSettings>;

export function blueGreenSettings(values: z.infer<typeof blueGreenVariables>) {
  return {
    port: values.BLUE_GREEN_PORT,
    managementPort: values.BLUE_GREEN_MANAGEMENT_PORT,
    weights: { blue: values.BLUE, green: values.GREEN },
    to: values.TO,
    compose: {
      command: values.COMPOSE.split(' '),
      port: values.COMPOSE_PORT,
      managementPort: values.COMPOSE_MANAGEMENT_PORT,
      subnet: values.COMPOSE_SUBNET,
      trackingUri: values.MLFLOW_TRACKING_URI,
      images: { blue: values.BLUE_IMAGE, green: values.GREEN_IMAGE },
    },
    colours: {
      blue: {
        port: values.BLUE_PORT,
        grpcPort: values.BLUE_GRPC_PORT,
        managementPort: values.BLUE_MANAGEMENT_PORT,
        release: values.BLUE_RELEASE,
        commit: values.BLUE_COMMIT,
      },
      green: {
        port: values.GREEN_PORT,
        grpcPort: values.GREEN_GRPC_PORT,
        managementPort: values.GREEN_MANAGEMENT_PORT,
        release: values.GREEN_RELEASE,
        commit: values.GREEN_COMMIT,
      },
    },
  };
}
