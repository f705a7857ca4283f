using System.Globalization;
using System.Text;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>How Linux schedules the program's threads.</summary>
public sealed class SchedulingTests
{
    private const string Mock = "providers: { mock: {} }\n";
    private const int Other = 0;
    private const int Batch = 3;

    [Theory]
    [InlineData("", Batch)]
    [InlineData("server: { scheduling: batch }\n", Batch)]
    [InlineData("server: { scheduling: normal }\n", Other)]
    public async Task Threads_are_scheduled_as_configured_those_begun_later_too(string yaml, int expected)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has these policies.");
        await using var program = await (await Executable.StartAsync(Mock + yaml)).ServingAsync();
        using var call = await program.Http.PostAsync(
            "/v1/chat/completions", new StringContent(Some.ChatRequest("mock/mock-model-v1"), Encoding.UTF8, "application/json"));
        call.EnsureSuccessStatusCode();

        var policies = Policies(program.ProcessId);

        Assert.Contains(policies, thread => thread.Name == ".NET Sockets");
        Assert.Contains(policies, thread => thread.Name == ".NET TP Worker");
        Assert.All(policies, thread => Assert.Equal((thread.Name, expected), thread));
    }

    /// <summary>The policy of each thread, by its name.</summary>
    private static List<(string Name, int Policy)> Policies(int process)
    {
        List<(string, int)> found = [];
        foreach (var thread in Directory.EnumerateDirectories(FormattableString.Invariant($"/proc/{process}/task")))
        {
            string line;
            try
            {
                line = File.ReadAllText(Path.Combine(thread, "stat"));
            }
            catch (IOException)
            {
                // The thread has ended since.
                continue;
            }

            // The name is in parentheses and may hold spaces. After it comes the third field; the policy is the 41st (proc(5)).
            var end = line.LastIndexOf(')');
            var fields = line[(end + 2)..].Split(' ');
            found.Add((line[(line.IndexOf('(') + 1)..end], int.Parse(fields[41 - 3], CultureInfo.InvariantCulture)));
        }

        return found;
    }
}
