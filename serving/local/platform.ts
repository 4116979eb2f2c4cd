import { AirflowApi } from './airflow-api.js';
import { AirflowService } from './airflow-service.js';
import { DagRepository } from './dag-repository.js';
import { KafkaService } from './kafka-service.js';
import { MlflowService } from './mlflow-service.js';
import { monitoringServices } from './monitoring/monitoring-services.js';
import { ProcessTable } from './process-table.js';
import { loadSecrets, type Secrets } from './secrets.js';
import type { Service } from './service.js';
import { ServingService } from './serving-service.js';
import type { Settings } from './settings.js';
import { StreamService } from './stream-service.js';

/** The parts that the commands share. Making one starts nothing. */
export class Platform {
  readonly processes: ProcessTable;
  readonly dags: DagRepository;
  private generated: Secrets | undefined;

  constructor(readonly settings: Settings) {
    this.processes = new ProcessTable(settings.stateDir, settings.logsDir);
    this.dags = new DagRepository(settings.dagRepository);
  }

  /** Generated on first use, so that `make down` on a fresh clone writes nothing. */
  get secrets(): Secrets {
    this.generated ??= loadSecrets(this.settings.stateDir);
    return this.generated;
  }

  get airflowApi(): AirflowApi {
    return new AirflowApi(this.settings.urls.airflow, this.secrets.airflowPassword);
  }

  /** What watches them. */
  monitoring(): readonly Service[] {
    return monitoringServices(this.settings, this.secrets);
  }

  /** A topic of applications, and what scores it. */
  streaming(): { kafka: Service; stream: Service } {
    return { kafka: new KafkaService(this.settings), stream: new StreamService(this.settings) };
  }

  services(): { mlflow: Service; airflow: Service; serving: Service } {
    return {
      mlflow: new MlflowService(this.settings, this.secrets),
      airflow: new AirflowService(this.settings, this.secrets),
      serving: new ServingService(this.settings, this.secrets),
    };
  }
}
