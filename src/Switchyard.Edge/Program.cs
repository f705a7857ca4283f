using Switchyard.Edge;

return await EdgeCommand.RunAsync(args);
