import { describeContainers } from './containers.suite.fixture.js'

describeContainers('podman')
