import { CreateStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { inject } from 'vitest';
import { clientConfig } from '../../../src/adapters/aws/aws-client.ts';
import { sfnWorkflows } from '../../../src/adapters/aws/sfn-workflows.ts';
import { describeWorkflows, exampleDefinitions, type WorkflowsUnderTest } from '../../contracts/workflows.ts';

const credentials = async () => ({ accessKeyId: 'test', secretAccessKey: 'test' });
const roleArn = 'arn:aws:iam::123456789012:role/machine';
let opened = 0;

/** Six machines of their own for each case, as a stage has them. */
async function fresh(endpoint: string): Promise<WorkflowsUnderTest> {
  const client = new SFNClient(clientConfig({ region: 'us-east-1', endpoint, credentials }));
  const prefix = `workflows-${++opened}-`;
  let machines = '';
  for (const [machine, definition] of Object.entries(exampleDefinitions)) {
    const { stateMachineArn = '' } = await client.send(
      new CreateStateMachineCommand({ name: `${prefix}${machine}`, definition: JSON.stringify(definition), roleArn }),
    );
    machines = stateMachineArn.slice(0, -machine.length);
  }
  return { workflows: sfnWorkflows({ client, machines }) };
}

describeWorkflows('Step Functions on ministack', async () => await fresh(inject('ministack')));

describeWorkflows('Step Functions on moto', async () => await fresh(inject('moto')), {
  skip: { 'tells for what reason an execution was stopped': 'moto drops error and cause of StopExecution' },
});
