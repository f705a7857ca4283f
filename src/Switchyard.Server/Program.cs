using Switchyard.Server;

return await CommandLine.RunAsync(args);
