import { logicalId } from './functions.js';

/** Requests a second that the stage takes, and at once: a flood ends here, before anything is paid for. */
const throttling = { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 };

/** The API: one route for everything, since the app has its own table of routes (src/api/routes.ts). */
export async function template({ resolveVariable }) {
  const stage = await resolveVariable('sls:stage');
  const api = { Ref: 'HttpApi' };
  return {
    Resources: {
      HttpApi: {
        Type: 'AWS::ApiGatewayV2::Api',
        Properties: { Name: `tenure-${stage}`, ProtocolType: 'HTTP', Description: 'The HTTP API of Tenure' },
      },
      HttpApiStage: {
        Type: 'AWS::ApiGatewayV2::Stage',
        Properties: { ApiId: api, StageName: '$default', AutoDeploy: true, DefaultRouteSettings: throttling },
      },
      HttpApiIntegration: {
        Type: 'AWS::ApiGatewayV2::Integration',
        Properties: {
          ApiId: api,
          IntegrationType: 'AWS_PROXY',
          IntegrationUri: { 'Fn::GetAtt': [logicalId('ServeApi'), 'Arn'] },
          PayloadFormatVersion: '2.0',
          TimeoutInMillis: 30_000,
        },
      },
      HttpApiRoute: {
        Type: 'AWS::ApiGatewayV2::Route',
        Properties: {
          ApiId: api,
          RouteKey: '$default',
          Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'HttpApiIntegration' }]] },
        },
      },
      HttpApiPermission: {
        Type: 'AWS::Lambda::Permission',
        Properties: {
          Action: 'lambda:InvokeFunction',
          FunctionName: { 'Fn::GetAtt': [logicalId('ServeApi'), 'Arn'] },
          Principal: 'apigateway.amazonaws.com',
          SourceArn: {
            'Fn::Sub': 'arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${HttpApi}/*',
          },
        },
      },
    },
    Outputs: { ApiUrl: { Value: { 'Fn::GetAtt': ['HttpApi', 'ApiEndpoint'] } } },
  };
}
