#!/usr/bin/env node
import { main } from '../dist/guildhall.js'

process.exitCode = await main(process.argv.slice(2))
