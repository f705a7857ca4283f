using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Switchyard.EndToEnd.Tests.Sdks;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>The first <c>curl</c> of README.md, which most newcomers try first.</summary>
internal static partial class ReadmeCall
{
    private const string Usual = "http://127.0.0.1:8080";

    /// <summary>Runs it against a gateway that has nothing configured, and compares the answer.</summary>
    public static async Task AnswersAtAsync(Uri gateway)
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(NodeProcess.RepositoryFolder, "README.md"));
        var curl = FirstCall().Match(readme).Groups["curl"].Value;
        Assert.Contains(Usual, curl, StringComparison.Ordinal);

        var here = gateway.GetLeftPart(UriPartial.Authority);
        var start = new ProcessStartInfo("bash", ["-c", curl.Replace(Usual, here, StringComparison.Ordinal)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var shell = Process.Start(start)!;
        var answer = JsonElement.Parse(await shell.StandardOutput.ReadToEndAsync());
        await shell.WaitForExitAsync();
        Assert.Equal("Mock response to: Hello", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    [GeneratedRegex(@"```bash\n(?<curl>curl .*?)```", RegexOptions.Singleline)]
    private static partial Regex FirstCall();
}
