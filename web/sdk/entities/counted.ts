import { Entity } from "../entity.ts";
import { StatisticsOf, type Statistics } from "../statistics.ts";

/** A resource with statistics of all three kinds. */
export abstract class Counted extends Entity {
  get statistics(): Statistics {
    return this.#stats.statistics;
  }

  get realtimeStats(): Statistics {
    return this.#stats.realtimeStats;
  }

  get cumulativeStats(): Statistics {
    return this.#stats.cumulativeStats;
  }

  get #stats(): StatisticsOf {
    return new StatisticsOf(this.session, () => this.path);
  }
}
