using Switchyard.Server;
using Switchyard.Server.Composition;

return await CommandLine.RunAsync(args, new CommandServices());
