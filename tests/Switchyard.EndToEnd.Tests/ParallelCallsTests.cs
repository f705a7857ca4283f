using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests;

/// <summary>Simultaneous calls are isolated: no byte of one reaches another, although buffers are pooled.</summary>
public sealed class ParallelCallsTests
{
    public static TheoryData<EgressMode> Modes => [EgressMode.Forward, EgressMode.Translate];

    [Theory, MemberData(nameof(Modes))]
    public async Task A_hundred_streams_at_once_do_not_mix(EgressMode mode)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, mode);
        upstream.Then(async (http, seen) =>
        {
            var id = Asked(seen);
            var random = new Random(id.GetHashCode(StringComparison.Ordinal));
            http.Response.ContentType = "text/event-stream";
            await http.Response.WriteAsync(Some.Chunk("""{"role":"assistant","content":""}"""));
            for (var i = 0; i < 30; i++)
            {
                await http.Response.WriteAsync(
                    Some.Chunk($$"""{"content":"<{{id}}:{{i}}:{{new string((char)('a' + random.Next(26)), random.Next(1, 900))}}>"}"""));
                await http.Response.Body.FlushAsync();
                await Task.Yield();
            }

            await http.Response.WriteAsync(Some.Chunk("{}", "\"stop\"") + Some.Done);
        });

        var texts = await Task.WhenAll(Enumerable.Range(0, 100).Select(async number =>
        {
            using var response = await gateway.ChatAsync(Some.ChatRequest(text: $"caller-{number}", stream: true));
            return (Id: $"caller-{number}", Body: await response.Content.ReadAsStringAsync());
        }));

        foreach (var (id, body) in texts)
        {
            var pieces = ChatFacts.OfStream(body).Split('<')[1..];
            Assert.True(pieces.Length == 30, $"{id} was given {pieces.Length} pieces: {body}");
            for (var i = 0; i < 30; i++)
                Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{id}:{i}:"), pieces[i], StringComparison.Ordinal);
            Assert.EndsWith(Some.Done, body, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task Requests_of_every_size_stay_whole_while_others_are_abandoned(EgressMode mode)
    {
        const int seed = 20260101;
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, mode);
        upstream.Then(async (http, seen) =>
        {
            // Some answers are late, so that calls are abandoned at every stage.
            var text = Asked(seen);
            if (text.Length % 3 == 0)
                await Task.Delay(text.Length % 40);
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync(Some.ChatCompletion($"{Fingerprint(text)} {new string('y', text.Length % 5000)}"));
        });

        var random = new Random(seed);
        var plan = Enumerable.Range(0, 240)
            .Select(number => (Text: Text(random, number), Patience: random.Next(3) == 0 ? random.Next(0, 30) : -1))
            .ToList();
        using var gate = new SemaphoreSlim(24);
        await Task.WhenAll(plan.Select(async one =>
        {
            await gate.WaitAsync();
            try
            {
                await AskAsync(gateway, one.Text, one.Patience);
            }
            finally
            {
                gate.Release();
            }
        }));
        foreach (var (text, _) in plan.Take(40))
            await AskAsync(gateway, text, -1);

        Assert.Empty(gateway.Log.Errors);
    }

    private static async Task AskAsync(GatewayHost gateway, string text, int patience)
    {
        using var leaving = new CancellationTokenSource();
        if (patience >= 0)
            leaving.CancelAfter(patience);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(Some.ChatRequest(text: text), Encoding.UTF8, "application/json"),
        };
        try
        {
            using var response = await gateway.Http.SendAsync(request, leaving.Token);
            var answer = await response.Content.ReadAsStringAsync(leaving.Token);
            Assert.True(response.IsSuccessStatusCode, answer);
            var said = JsonElement.Parse(answer).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
            Assert.StartsWith(Fingerprint(text), said, StringComparison.Ordinal);
        }
        catch (OperationCanceledException) when (patience >= 0)
        {
            // The client disconnected as planned.
        }
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, EgressMode mode) => GatewayHost.StartAsync(upstream, build: build =>
    {
        if (mode == EgressMode.Translate)
            build.UseCall<AlwaysTranslate>();
    });

    private static string Text(Random random, int number)
    {
        var size = random.Next(4) switch
        {
            0 => random.Next(1, 50),
            1 => random.Next(1, 5000),
            2 => random.Next(1, 70_000),
            _ => random.Next(1, 300_000),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{number}-") + new string((char)('a' + random.Next(26)), size);
    }

    private static string Asked(SeenRequest seen) =>
        JsonElement.Parse(seen.Body).GetProperty("messages")[0].GetProperty("content").GetString()!;

    private static string Fingerprint(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
