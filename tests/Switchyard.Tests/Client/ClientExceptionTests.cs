using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using Azure;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>Exceptions of a provider that is an <see cref="IChatClient"/> count like the status codes of one over HTTP.</summary>
public sealed class ClientExceptionTests
{
    public static TheoryData<string, int, CallErrorKind> Refusals => new()
    {
        { "http", 400, CallErrorKind.UpstreamRejected },
        { "http", 422, CallErrorKind.UpstreamRejected },
        { "http", 429, CallErrorKind.UpstreamRateLimited },
        { "http", 401, CallErrorKind.UpstreamAuthenticationFailed },
        { "http", 503, CallErrorKind.UpstreamUnavailable },
        { "openai", 400, CallErrorKind.UpstreamRejected },
        { "openai", 429, CallErrorKind.UpstreamRateLimited },
        { "azure", 400, CallErrorKind.UpstreamRejected },
        { "azure", 429, CallErrorKind.UpstreamRateLimited },
        { "wrapped", 400, CallErrorKind.UpstreamRejected },
        { "own", 429, CallErrorKind.UpstreamRateLimited },
    };

    [Covers("Y7", "S001-45")]
    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Its_status_decides_and_only_what_may_help_is_tried_elsewhere(string package, int status, CallErrorKind kind)
    {
        foreach (var stream in new[] { false, true })
        {
            var next = new ScriptedClient("from the next");
            await using var given = Given.AnEngine(
                options => options.Models["fast"] = new ModelRouteOptions
                {
                    Targets = [new TargetOptions { Model = "first/a" }, new TargetOptions { Model = "next/b" }],
                },
                builder =>
                {
                    builder.AddProvider("first", new ScriptedClient(Failure(package, status))).AddProvider("next", next);
                    builder.Services.AddSingleton<IClientExceptionReader, OwnReader>();
                });

            if (kind == CallErrorKind.UpstreamRejected)
            {
                var error = (await Assert.ThrowsAsync<CallException>(() => AskAsync(given.Chat, "fast", stream))).Error;
                Assert.Equal((kind, status, status), (error.Kind, error.Status, error.UpstreamStatus));
                Assert.Empty(next.Asked);
            }
            else
            {
                Assert.Equal("from the next", await AskAsync(given.Chat, "fast", stream));
                var error = (await Assert.ThrowsAsync<CallException>(() => AskAsync(given.Chat, "first/a", stream))).Error;
                Assert.Equal((kind, status), (error.Kind, error.UpstreamStatus));
            }
        }
    }

    [Covers("Y7", "S001-45")]
    [Fact]
    public async Task The_code_the_package_names_is_the_code_of_the_error_and_the_exception_its_cause()
    {
        var thrown = Failure("openai", 400);
        await using var given = Given.AnEngineWith(new ScriptedClient(thrown));

        var error = (await Assert.ThrowsAsync<CallException>(() => AskAsync(given.Chat, null, stream: false))).Error;

        Assert.Equal(("context_length_exceeded", "invalid_request_error"), (error.Code, error.Type));
        Assert.Equal("acme", error.Provider);
        Assert.Same(thrown, error.Cause);
    }

    [Covers("Y7")]
    [Fact]
    public async Task A_reader_that_fails_hides_nothing_and_an_exception_without_status_is_an_outage()
    {
        await using var given = Given.AnEngineWith(
            new ScriptedClient(new InvalidOperationException("HTTPS 400 miles away")),
            build: builder => builder.Services.AddSingleton<IClientExceptionReader, BrokenReader>());

        var error = (await Assert.ThrowsAsync<CallException>(() => AskAsync(given.Chat, null, stream: false))).Error;

        Assert.Equal(CallErrorKind.UpstreamUnavailable, error.Kind);
        Assert.Null(error.UpstreamStatus);
    }

    [Theory]
    [InlineData("HTTP 429 (tokens: rate_limit_exceeded)\n\nRate limit reached for gpt-4o. Please try again in 20s.", 20)]
    [InlineData("Slow down.\r\nStatus: 429 (Too Many Requests)\r\n\r\nPlease retry after 7 seconds.\r\n", 7)]
    [InlineData("HTTP 429 (requests: rate_limit_exceeded)\n\nSlow down.", null)]
    public async Task A_pause_that_its_words_ask_for_is_the_pause(string message, int? seconds)
    {
        await using var given = Given.AnEngineWith(new ScriptedClient(new InvalidOperationException(message)));

        var error = (await Assert.ThrowsAsync<CallException>(() => AskAsync(given.Chat, null, stream: false))).Error;

        Assert.Equal(CallErrorKind.UpstreamRateLimited, error.Kind);
        Assert.Equal(seconds, error.RetryAfter?.TotalSeconds);
    }

    /// <summary>The exception of another engine that is this one's provider: over HTTP it would answer 404.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task An_engine_within_this_one_that_has_no_such_model_is_as_a_404(bool stream, bool fallsBack)
    {
        var next = new ScriptedClient("from the next");
        await using var given = Given.AnEngine(
            options =>
            {
                var route = options.Models["fast"] = new ModelRouteOptions
                {
                    Targets = [new TargetOptions { Model = "first/a" }, new TargetOptions { Model = "next/b" }],
                };
                if (fallsBack)
                    route.FallBackOn.Add("model_not_found");
            },
            builder => builder.AddProvider("next", next).AddProvider(
                "first", new ScriptedClient(new CallException(CallErrorKind.ModelNotFound, "There is no model 'a'.", "model"))));

        if (fallsBack)
        {
            Assert.Equal("from the next", await AskAsync(given.Chat, "fast", stream));
            return;
        }

        var error = (await Assert.ThrowsAsync<CallException>(() => AskAsync(given.Chat, "fast", stream))).Error;
        Assert.Equal((CallErrorKind.UpstreamRejected, 404, "model_not_found"), (error.Kind, error.Status, error.WireCode));
        Assert.Equal(("There is no model 'a'.", "model", "first"), (error.Message, error.Param, error.Provider));
        Assert.Empty(next.Asked);
    }

    [Fact]
    public async Task A_readers_pause_is_brought_within_bounds()
    {
        foreach (var (pause, told) in new[] { (TimeSpan.MaxValue, TimeSpan.FromDays(1)), (TimeSpan.MinValue, TimeSpan.Zero) })
        {
            await using var given = Given.AnEngineWith(
                new ScriptedClient(new OwnException(429)),
                build: builder => builder.Services.AddSingleton<IClientExceptionReader>(new PausingReader(pause)));

            var error = (await Assert.ThrowsAsync<CallException>(() => AskAsync(given.Chat, null, stream: false))).Error;

            Assert.Equal((CallErrorKind.UpstreamRateLimited, told), (error.Kind, error.RetryAfter));
        }
    }

    [Covers("Y7")]
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_timeout_of_the_clients_own_is_no_connection_timeout_of_ours(bool stream)
    {
        foreach (var thrown in new Exception[] { new TimeoutException("30 s are over"), new TaskCanceledException("30 s are over") })
        {
            await using var given = Given.AnEngineWith(new ScriptedClient(thrown));

            var error = (await Assert.ThrowsAsync<CallException>(() => AskAsync(given.Chat, null, stream))).Error;

            Assert.Equal(CallErrorKind.UpstreamTimeout, error.Kind);
            Assert.Contains("timeout of its own: 30 s are over", error.Message, StringComparison.Ordinal);
        }
    }

    private static async Task<string> AskAsync(IChatClient client, string? model, bool stream)
    {
        var options = new ChatOptions { ModelId = model };
        return stream
            ? (await client.GetStreamingResponseAsync("Hello", options).ToChatResponseAsync()).Text
            : (await client.GetResponseAsync("Hello", options)).Text;
    }

    private static Exception Failure(string package, int status) => package switch
    {
        "http" => new HttpRequestException("Refused.", null, (HttpStatusCode)status),
        "openai" => new ClientResultException(
            $"HTTP {status} (invalid_request_error: context_length_exceeded)\n\nToo long.", (PipelineResponse?)null),
        "azure" => new RequestFailedException(
            status, $"Too long.\r\nStatus: {status} (Refused)\r\nErrorCode: TooLong\r\n\r\nHeaders:\r\n", "TooLong", null),
        "wrapped" => new InvalidOperationException("It failed.", Failure("azure", status)),
        _ => new OwnException(status),
    };

    private sealed class OwnException(int status) : Exception("It was refused.")
    {
        public int Status { get; } = status;
    }

    private sealed class OwnReader : IClientExceptionReader
    {
        public ClientFailure? Read(Exception exception) => exception is OwnException own ? new ClientFailure(own.Status) : null;
    }

    private sealed class PausingReader(TimeSpan pause) : IClientExceptionReader
    {
        public ClientFailure? Read(Exception exception) =>
            exception is OwnException own ? new ClientFailure(own.Status) { RetryAfter = pause } : null;
    }

    private sealed class BrokenReader : IClientExceptionReader
    {
        public ClientFailure? Read(Exception exception) => throw new NotSupportedException("I cannot read.");
    }
}
