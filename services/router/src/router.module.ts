import { Module } from '@nestjs/common'
import { ClientDirectory } from './client.directory.js'
import { MessageRouter } from './message.router.js'
import { readRouterConfig, RouterConfig } from './router.config.js'

@Module({
  providers: [
    { provide: RouterConfig, useFactory: () => readRouterConfig() },
    ClientDirectory,
    MessageRouter,
  ],
})
export class RouterModule {}
