// Answers the questions of tests/reach/random_policies.py with another evaluator, for tests/reach/independent.json:
//   npm install @cloud-copilot/iam-simulate
//   python -m tests.reach.random_policies | node independent.mjs > independent.json
import { readFileSync } from 'node:fs'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const account = '111111111111'
const policy = (statements) => ({ Version: '2012-10-17', Statement: statements })
const named = (statements) => [{ name: 'policy', policy: policy(statements) }]
const answers = []
for (const question of JSON.parse(readFileSync(0))) {
  const found = await runSimulation({
    request: {
      principal: `arn:aws:sts::${account}:assumed-role/asker/session`,
      action: 's3:GetObject',
      resource: {
        resource: 'arn:aws:s3:::store/reports/may.csv',
        accountId: question.elsewhere ? '222222222222' : account
      },
      contextVariables: { ...question.context, 'aws:PrincipalArn': `arn:aws:iam::${account}:role/asker` }
    },
    identityPolicies: named(question.own),
    permissionBoundaryPolicies: question.boundary ? named(question.boundary) : undefined,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: question.bucket.length ? policy(question.bucket) : undefined
  }, {})
  answers.push(found.overallResult ?? found.analysis?.result ?? JSON.stringify(found.errors))
}
process.stdout.write(JSON.stringify(answers))
