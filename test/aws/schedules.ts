/** A schedule of a deployment, as EventBridge Scheduler has it. */
export interface Schedule {
  Name: string;
  GroupName: string;
  State: string;
  ScheduleExpression: string;
  Target: { Arn: string; Input?: string };
  [field: string]: unknown;
}

/**
 * Switches off all schedules of an emulator and answers what they were: it fires them by the clock on the wall, in the middle of a
 * life that is lived by another clock. Tests send what they would have sent.
 */
export async function pauseSchedules({ endpoint, region }: { endpoint: string; region: string }): Promise<Schedule[]> {
  const call = async (path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${endpoint}${path}`, {
      ...(body === undefined ? {} : { method: 'PUT', body: JSON.stringify(body) }),
      headers: {
        'content-type': 'application/json',
        authorization: `AWS4-HMAC-SHA256 Credential=test/20261122/${region}/scheduler/aws4_request, SignedHeaders=host, Signature=0`,
      },
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return await answer.json();
  };
  const { Schedules } = (await call('/schedules')) as { Schedules: { Name: string; GroupName: string }[] };
  const found: Schedule[] = [];
  for (const { Name, GroupName } of Schedules) {
    const path = `/schedules/${Name}?groupName=${GroupName}`;
    const schedule = (await call(path)) as Schedule;
    found.push(schedule);
    await call(path, { ...schedule, State: 'DISABLED' });
  }
  return found;
}
