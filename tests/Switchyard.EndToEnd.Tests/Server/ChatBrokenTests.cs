using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary><c>switchyard chat --stream</c> with an answer that breaks off.</summary>
public sealed class ChatBrokenTests
{
    [Fact]
    public async Task A_failure_in_the_middle_of_an_answer_is_said_on_a_line_of_its_own()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenStreamAndCut(
            """data: {"id":"one","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Partial"}}]}""" + "\n\n");
        var yaml = $"auto_enable: false\nproviders: {{ openai: {{ base_url: \"{upstream.BaseUrl}\", key: any, models: [ script ] }} }}\n";

        await using var program = await Executable.LaunchAsync(
            "sh", yaml, new Dictionary<string, string>(),
            _ => ["-c", $"exec dotnet '{Executable.Program}' chat Hello --stream --model openai/script 2>&1"]);

        Assert.Equal(1, await program.EndAsync());
        var lines = program.Printed.Split('\n');
        Assert.Contains("Partial", lines);
        Assert.Contains(lines, line => line.StartsWith("switchyard: ", StringComparison.Ordinal));
    }
}
