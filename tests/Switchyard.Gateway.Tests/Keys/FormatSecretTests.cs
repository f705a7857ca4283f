using System.Net;
using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Gateway.Tests.Failures;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Keys;

/// <summary>Client keys and the exchange with one target, in every format: neither reaches another party.</summary>
public sealed class FormatSecretTests
{
    private const string ClientKey = "client-key-0815-do-not-tell";

    public static TheoryData<string, string> Pairs => FormatFaultTests.Pairs;

    [Covers("C4")]
    [Theory, MemberData(nameof(Pairs))]
    public async Task A_clients_key_goes_nowhere_wherever_it_stands(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        foreach (var (stream, keys) in ((bool, string[])[])[(false, [ClientKey]), (true, [ClientKey]), (false, ["another"])])
        {
            await using var upstream = await FakeUpstream.StartAsync();
            await using var gateway = await FormatFaultTests.StartAsync(upstream, provider, options => options.Server.Keys = [.. keys]);
            upstream.ThenBytes(
                stream ? format.Stream : Encoding.UTF8.GetBytes(format.Whole), stream ? format.StreamType : "application/json");
            foreach (var header in new[] { "Authorization", "x-api-key", "x-goog-api-key", null })
            {
                var path = reader.Path("up/some-model", stream);
                if (header is null)
                    path += (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "key=" + ClientKey;
                using var response = await gateway.PostAsync(
                    path, reader.Body("up/some-model", stream),
                    header is null ? [] : [(header, header == "Authorization" ? "Bearer " + ClientKey : ClientKey)]);
                var text = await response.Content.ReadAsStringAsync();
                Assert.Equal(keys[0] == ClientKey ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, response.StatusCode);
                if (keys[0] != ClientKey)
                    reader.ReadError(text, 401);
                Assert.DoesNotContain(ClientKey, text + response.Headers, StringComparison.Ordinal);
            }

            Assert.Equal(keys[0] == ClientKey ? 4 : 0, upstream.Requests.Count);
            foreach (var request in upstream.Requests)
                Assert.DoesNotContain(
                    ClientKey, request.Path + string.Concat(request.Headers.Values) + request.Text, StringComparison.Ordinal);
            // The web server's own line about each request holds the address; the executable switches it off.
            Assert.DoesNotContain(
                gateway.Log.Lines,
                line => !line.Text.StartsWith("Request ", StringComparison.Ordinal)
                    && line.Text.Contains(ClientKey, StringComparison.Ordinal));
        }
    }

    [Covers("C4")]
    [Theory, MemberData(nameof(Pairs))]
    public async Task A_target_that_stands_in_gets_nothing_of_the_first(string provider, string client)
    {
        var reader = ClientFormat.Of(client);
        // Falls back from every format to every other.
        foreach (var format in ProviderFormat.All.Where(format => format.Dialect != provider))
        {
            foreach (var (stream, midway) in ((bool, bool)[])[(false, false), (true, false), (true, true)])
            {
                CallRecord? call = null;
                await using var first = await FakeUpstream.StartAsync();
                await using var second = await FakeUpstream.StartAsync();
                await using var gateway = await StartAsync(first, provider, second, format.Dialect, c => call = c);
                var failing = ProviderFormat.Of(provider);
                if (midway)
                {
                    first.Then(async http =>
                    {
                        foreach (var frame in (byte[][])[.. failing.Frames[..(failing.Said - 1)], failing.ErrorFrame("only-the-first")])
                            await failing.SendAsync(http, frame);
                    });
                }
                else
                {
                    first.ThenJson(failing.ErrorBody("only-the-first"), 503, ("x-only-the-first", "only-the-first"), ("Retry-After", "99"));
                }

                second.ThenBytes(
                    stream ? format.Stream : Encoding.UTF8.GetBytes(format.Whole), stream ? format.StreamType : "application/json");

                using var response = await reader.AskAsync(gateway, stream, "fast");
                var bytes = await response.Content.ReadAsByteArrayAsync();
                var text = Encoding.UTF8.GetString(bytes);

                Assert.True(response.StatusCode == HttpStatusCode.OK, text);
                Assert.Contains("Hi", text, StringComparison.Ordinal);
                Assert.DoesNotContain("only-the-first", text + response.Headers, StringComparison.Ordinal);
                Assert.False(response.Headers.Contains("Retry-After"));
                Assert.Equal("second", response.Headers.GetValues("x-switchyard-provider").Single());
                Assert.Equal("2", response.Headers.GetValues("x-switchyard-attempts").Single());
                if (stream && format.Dialect != client)
                {
                    Assert.Equal("Hi there", reader.ReadStream(bytes, endsWithError: false, out var problems));
                    Assert.Empty(problems);
                }

                var asked = second.LastRequest;
                Assert.DoesNotContain(
                    "first", asked.Path + string.Concat(asked.Headers.Keys) + string.Concat(asked.Headers.Values) + asked.Text,
                    StringComparison.Ordinal);
                // The same as without the first target.
                await reader.AskAsync(gateway, stream, "second/second-model");
                Assert.Equal(asked.Text, second.LastRequest.Text);
                Assert.Equal(asked.Path, second.LastRequest.Path);
                Assert.Equal(Names(asked), Names(second.LastRequest));
                // A call is recorded after its answer.
                await Wait.ForAsync(() => call is not null);
                Assert.Equal((9, 2), (call!.Usage.Input, call.Usage.Output));
            }
        }
    }

    [Covers("U6")]
    [Fact]
    public async Task What_one_target_counted_is_not_mixed_with_the_count_of_another()
    {
        CallRecord? call = null;
        await using var first = await FakeUpstream.StartAsync();
        await using var second = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(first, "anthropic-messages", second, "gemini", c => call = c);
        first.ThenStream(
            "event: message_start\n" + """
            data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":5,"cache_read_input_tokens":4000,"output_tokens":1}}}
            """ + "\n\n",
            Encoding.UTF8.GetString(ProviderFormat.Of("anthropic-messages").ErrorFrame("Overloaded")));
        var gemini = ProviderFormat.Of("gemini");
        second.ThenBytes(gemini.Stream, gemini.StreamType);

        using var response = await ClientFormat.Of("openai-chat").AskAsync(gateway, stream: true, "fast");
        await response.Content.ReadAsStringAsync();

        Assert.Equal(new TokenUsage { Input = 9, Output = 2 }, call!.Usage);
    }

    private static string Names(SeenRequest request) => string.Join(' ', request.Headers.Keys.Order(StringComparer.Ordinal));

    private static Task<GatewayHost> StartAsync(
        FakeUpstream first, string firstDialect, FakeUpstream second, string secondDialect, Action<CallRecord> note) =>
        GatewayHost.StartAsync(
            options =>
            {
                options.Providers["first"] = new ProviderOptions { BaseUrl = first.BaseUrl, Key = "key-of-first", Dialect = firstDialect };
                options.Providers["second"] =
                    new ProviderOptions { BaseUrl = second.BaseUrl, Key = "key-of-second", Dialect = secondDialect };
                options.Models["fast"] = new ModelRouteOptions
                {
                    Targets = [new TargetOptions { Model = "first/first-model" }],
                    Fallback = [new TargetOptions { Model = "second/second-model" }],
                };
            },
            build => build.AddSink(new EndedSink(note)));
}
