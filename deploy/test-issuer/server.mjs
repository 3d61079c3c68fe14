// An OpenID Connect server as others write and run them, on this machine, for one test: `node server.mjs PORT`.
// Anybody may log in as anybody (`devInteractions`), so it is good for nothing else.
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const resource = 'https://records.example';
const staff = { 'kw-juniper': { realm: { roles: ['offline_access', 'worker'] }, agency: ['/agencies/ours'] } };

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'portal',
      client_secret: 'an invented secret, good for nothing',
      redirect_uris: ['https://portal.example/back'],
      grant_types: ['authorization_code', 'client_credentials'],
      response_types: ['code'],
    },
  ],
  cookies: { keys: ['an invented key, good for nothing'] },
  ttl: { AccessToken: 600, ClientCredentials: 600, IdToken: 600, Interaction: 600, Session: 600, Grant: 600 },
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    dPoP: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'records',
        audience: resource,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  extraTokenClaims: (_, token) =>
    token.kind === 'ClientCredentials'
      ? { staff: 'intake-portal', realm: { roles: ['feeder'] }, agency: ['/agencies/ours'], kind: 'system' }
      : { staff: token.accountId, kind: 'human', ...staff[token.accountId] },
});
provider.listen(port, '127.0.0.1', () => console.log('listening'));
