using System.Net;
using System.Text;
using System.Text.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>The log of <c>switchyard serve</c>.</summary>
public sealed class LogTests
{
    [Covers("V9", "V4")]
    [Theory, InlineData("serve", "--log-format", "json"), InlineData("serve", "--set", "logs.format=json")]
    public async Task On_request_every_line_is_a_JSON_object_of_a_category_of_ours(params string[] arguments)
    {
        await using var program = await (await Executable.StartAsync(null, [.. arguments, "--log-level", "debug"])).ServingAsync();

        using (var response = await AskAsync(program, "mock-model-v1"))
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using (await AskAsync(program, "no\\u001bbody"))
        {
        }

        await program.UntilItSaysAsync("ModelNotFound");
        await program.TerminateAsync();
        await program.EndAsync();

        var lines = program.Printed.Split('\n').Select(line => JsonElement.Parse(Encoding.UTF8.GetBytes(line))).ToList();
        Assert.All(
            lines,
            line => Assert.Matches("^(Switchyard|Microsoft)[.]", line.GetProperty("category").GetString()));
        var ended = Assert.Single(
            lines, line => line.GetProperty("values").TryGetProperty("Status", out var status) && status.GetInt32() == 200);
        Assert.Equal("my-request", ended.GetProperty("values").GetProperty("RequestId").GetString());
        Assert.Equal(JsonValueKind.Number, ended.GetProperty("values").GetProperty("Milliseconds").ValueKind);
        Assert.Contains(lines, line => line.GetProperty("message").GetString()!.Contains("listens on", StringComparison.Ordinal));
    }

    [Covers("H9")]
    [Fact]
    public async Task A_log_without_readers_stops_neither_calls_nor_the_end()
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("Uses a named pipe of POSIX.");
        // The other end of the pipe is held open, and never read.
        await using var program = await (await Executable.StartUnreadAsync("serve")).ServingAsync();
        var name = new string('n', 250);
        await Parallel.ForEachAsync(Enumerable.Range(0, 2_700), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) =>
        {
            using var response = await AskAsync(program, name);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        });

        Assert.Contains("ok", await program.Http.GetStringAsync("/health"), StringComparison.Ordinal);
        await program.TerminateAsync();
        Assert.Equal(0, await program.EndAsync());
    }

    private static Task<HttpResponseMessage> AskAsync(Executable program, string model)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(Some.ChatRequest(model), Encoding.UTF8, "application/json"),
            Headers = { { "x-request-id", "my-request" } },
        };
        return program.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
