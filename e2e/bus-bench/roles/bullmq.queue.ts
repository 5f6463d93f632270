export const queueName = 'bench'
