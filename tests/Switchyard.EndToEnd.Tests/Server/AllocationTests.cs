using System.Net;
using System.Text;
using Switchyard.Probe;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>
/// Allocations of a warm forwarded request in the whole process of <c>switchyard serve</c>: web server, engine, HTTP client and sockets.
/// The process is separate, so that nothing of the client, the provider or other tests is counted.
/// </summary>
public sealed class AllocationTests
{
    /// <summary>
    /// The measured value (3,353 bytes alone, 3,400 beside other tests) plus 5 %; the contract is 4,096. A
    /// change that allocates less lowers this number.
    /// </summary>
    private const int Limit = 3_570;

    /// <summary>The same with the log line that each call writes at the level information.</summary>
    private const int LimitWithLine = 3_790;

    private const int WarmUp = 1_000;
    private const int Requests = 2_000;
    private const int Rounds = 3;

    [Covers("Y13")]
    [Theory, InlineData("warning", Limit), InlineData("information", LimitWithLine)]
    public async Task A_warm_forwarded_request_allocates_no_more_than_it_did(string logLevel, int limit)
    {
#if DEBUG
        Assert.Skip("Without optimisation every async method allocates; measured in Release.");
#endif
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson(Some.ChatCompletion(new string('x', 500)));
        var folder = Directory.CreateTempSubdirectory("switchyard-probe-");
        try
        {
            var probe = new RuntimeProbe(Path.Combine(folder.FullName, "probe"));
            var environment = new Dictionary<string, string>(probe.Environment)
            {
                // Methods are compiled only once: otherwise the figure depends on when the optimising compiler runs, which
                // under parallel tests is at any time. In ordinary operation it settles at 1 % less.
                ["DOTNET_TieredCompilation"] = "0",
            };
            await using var program = await (await Executable.StartAsync(
                Configuration(upstream), environment, "serve", "--log-level", logLevel)).ServingAsync();
            await SendAsync(program, WarmUp);

            // What the process does besides, a timer's work for example, only adds, and the more the slower the machine is: the least
            // of several rounds is nearest to what the requests allocate.
            var each = long.MaxValue;
            for (var round = 0; round < Rounds && each > limit; round++)
            {
                var before = probe.Read();
                await SendAsync(program, Requests);
                each = Math.Min(each, probe.Read().Since(before).AllocatedBytes / Requests);
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"{each} bytes a request");
            Assert.InRange(each, 1, limit);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Configuration(FakeUpstream upstream) => $$"""
        providers:
          up: { base_url: "{{upstream.BaseUrl}}", key: sk-upstream, dialect: openai-chat }
        auto_enable: false
        """;

    private static async Task SendAsync(Executable program, int count)
    {
        for (var i = 0; i < count; i++)
        {
            using var content = new StringContent(
                Some.ChatRequest("up/some-model", new string('y', 400)), Encoding.UTF8, "application/json");
            using var response = await program.Http.PostAsync("/v1/chat/completions", content, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }
}
