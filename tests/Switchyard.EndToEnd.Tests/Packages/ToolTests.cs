using Switchyard.EndToEnd.Tests.Server;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Packages;

/// <summary><c>dotnet tool install Switchyard.Server</c>, from a folder of packages.</summary>
[Collection(nameof(PackedPackages))]
public sealed class ToolTests(PackedPackages packages)
{
    [Fact]
    public async Task The_tool_is_installed_as_switchyard_and_answers_the_readmes_first_call()
    {
        var tools = Path.Combine(packages.Folder, "tools");

        await DotnetProcess.RunAsync(
            packages.Folder, "tool", "install", "Switchyard.Server", "--tool-path", tools, "--version", packages.Version);

        var command = Path.Combine(tools, OperatingSystem.IsWindows() ? "switchyard.exe" : "switchyard");
        await using var gateway = await (await Executable.LaunchAsync(
            command, null, new Dictionary<string, string>(), address => ["serve", "--urls", address])).ServingAsync();
        await ReadmeCall.AnswersAtAsync(gateway.Address);
    }
}
