using System.CommandLine;
using Switchyard.Configuration.Schema;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard schema</c>.</summary>
internal static class SchemaCommand
{
    public static Command Create()
    {
        var command = new Command("schema", "Prints the JSON Schema of the configuration, for editors.");
        command.SetAction(parsed => parsed.InvocationConfiguration.Output.Write(ConfigurationSchema.Generate()));
        return command;
    }
}
