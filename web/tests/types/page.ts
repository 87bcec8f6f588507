/** Never run: what a page with types writes has to be what the handed-out types allow. */

import {
  TaskRouterError,
  Worker,
  Workspace,
  type ReservationEntity,
} from "../../../src/taskyard/static/taskrouter.js";

export async function page(token: string): Promise<void> {
  const worker = new Worker(token, true, "WA1", "WA2", true, undefined, 3, "http://a/v1", "http://a");
  new Worker(token, { timeoutMs: 3_000, closeExistingSessions: true });
  worker.on("reservation.created", (reservation: ReservationEntity) => {
    reservation.accept((error, accepted) => {
      const code: number | undefined = error?.code;
      const name: string = accepted?.task.assignmentStatus;
      console.log(code, name);
    });
    reservation.reject("WA1", () => undefined);
    reservation.dequeue("+1", "WA1", true, 30, undefined, "ringing", "+2", () => undefined);
    reservation.conference({ from: "+1" });
  });
  const list = await worker.fetchReservations({ ReservationStatus: "pending" });
  await list.next?.();
  const workspace = new Workspace(token, false, "eu", 2);
  workspace.tasks.create({ Attributes: {} }, (error) => error instanceof TaskRouterError);
  await workspace.update({ FriendlyName: "Bakery" });
  // @ts-expect-error there is no name without a value
  await workspace.update("FriendlyName");
  workspace.disconnect();
}
