using Switchyard.EndToEnd.Tests.Server;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Packages;

/// <summary>The template package, used as its readme describes: installed, and a program created, built and run.</summary>
[Collection(nameof(PackedPackages))]
public sealed class TemplateTests(PackedPackages packages)
{
    [Fact]
    public async Task A_gateway_and_a_chat_made_of_the_templates_build_without_warnings_and_answer()
    {
        // A separate hive: the machine's list of templates is not changed.
        string[] create = ["new", "--debug:custom-hive", Path.Combine(packages.Folder, "hive")];
        var folder = Directory.CreateDirectory(Path.Combine(packages.Folder, "made")).FullName;
        var package = Path.Combine(packages.Folder, "packed", $"Switchyard.Templates.{packages.Version}.nupkg");
        await DotnetProcess.RunAsync(folder, [.. create, "install", package]);
        await DotnetProcess.RunAsync(folder, [.. create, "switchyard-gateway", "--name", "Acme.Gateway"]);
        await DotnetProcess.RunAsync(folder, [.. create, "switchyard-chat", "--name", "Acme.Chat"]);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "made.slnx"),
            """
            <Solution>
              <Project Path="Acme.Gateway/Acme.Gateway.csproj" />
              <Project Path="Acme.Chat/Acme.Chat.csproj" />
            </Solution>
            """,
            TestContext.Current.CancellationToken);

        await DotnetProcess.RunAsync(folder, "build", "made.slnx", "--nologo", "-v", "quiet", "-warnaserror");

        await using var chat = await Executable.LaunchAsync(
            "sh", null, new Dictionary<string, string>(), _ => ["-c", $"echo Hello | dotnet '{Built("Acme.Chat")}'"]);
        Assert.Equal(0, await chat.EndAsync());
        Assert.Contains("Mock response to: Hello", chat.Printed, StringComparison.Ordinal);
        var content = Path.Combine(folder, "Acme.Gateway");
        await using var gateway = await (await Executable.LaunchAsync(
            "dotnet", null, new Dictionary<string, string>(),
            address => [Built("Acme.Gateway"), "--contentRoot", content, "--urls", address]))
            .ServingAsync();
        await ReadmeCall.AnswersAtAsync(gateway.Address);
        Assert.Contains("\"fast\"", await gateway.Http.GetStringAsync("/v1/models"), StringComparison.Ordinal);

        string Built(string name) => Path.Combine(folder, name, "bin", "Debug", "net10.0", $"{name}.dll");
    }
}
