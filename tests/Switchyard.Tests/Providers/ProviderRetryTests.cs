using System.Net;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Providers;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Providers;

/// <summary>The helper with which a provider retries its own operations.</summary>
public sealed class ProviderRetryTests
{
    private readonly TestClock _clock = new();
    private readonly FakeLogCollector _log = new();

    [Fact]
    [Covers("S000-35", "S001-52")]
    public async Task An_operation_that_fails_and_then_succeeds_gives_its_result()
    {
        var (result, tries) = await RunAsync(null, null, Failure(503), Failure(429), "done");

        Assert.Equal("done", result);
        Assert.Equal(3, tries);
    }

    [Theory]
    [InlineData(null, null, 4)]
    [InlineData(null, 2, 3)]
    [InlineData(1, 2, 2)]
    [InlineData(0, 2, 1)]
    [Covers("S000-36", "S001-10")]
    public async Task The_argument_goes_before_the_setting_and_the_setting_before_three_retries(int? argument, int? setting, int tries)
    {
        var (error, made) = await RunAsync(argument, setting, [.. Enumerable.Repeat(Failure(500), 9)]);

        Assert.Equal(tries, made);
        Assert.IsType<HttpRequestException>(error);
    }

    [Fact]
    [Covers("S000-37", "S000-38", "S001-53")]
    public async Task Waits_double_from_one_second_to_ten_and_the_last_failure_is_thrown_without_another()
    {
        var (_, tries) = await RunAsync(6, null, [.. Enumerable.Repeat(Failure(500), 9)]);

        Assert.Equal(7, tries);
        Assert.InRange(_clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1 + 2 + 4 + 8 + 10 + 10 + 1));
        Assert.Equal(6, _log.GetSnapshot().Count);
    }

    [Fact]
    [Covers("S000-38")]
    public async Task A_timeout_of_the_operations_own_is_repeated_and_in_the_end_thrown_as_it_is()
    {
        var timeout = new OperationCanceledException("no answer in time");

        var (error, tries) = await RunAsync(1, null, timeout, timeout);

        Assert.Same(timeout, error);
        Assert.Equal(2, tries);
    }

    [Fact]
    [Covers("S000-39")]
    public async Task A_warning_tells_attempt_total_wait_and_reason()
    {
        await RunAsync(1, null, Failure(503), "done");

        var line = Assert.Single(_log.GetSnapshot());
        Assert.Equal(LogLevel.Warning, line.Level);
        Assert.Matches(@"^Request failed \(attempt 1/2\), retrying in \d+ms: it answered 503$", line.Message);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [Covers("S001-54")]
    public async Task What_another_try_would_not_change_is_tried_once(int status)
    {
        var (error, tries) = await RunAsync(null, null, Failure(status), "done");

        Assert.IsType<HttpRequestException>(error);
        Assert.Equal(1, tries);
    }

    [Fact]
    [Covers("S001-55")]
    public async Task An_exception_of_no_provider_is_wrapped_and_not_repeated()
    {
        var (error, tries) = await RunAsync(null, null, new InvalidOperationException("a bug"), "done");

        var wrapped = Assert.IsType<CallException>(error);
        Assert.Equal("Provider request failed", wrapped.Error.Message);
        Assert.Equal(502, wrapped.Error.Status);
        Assert.IsType<InvalidOperationException>(wrapped.Error.Cause);
        Assert.Equal(1, tries);
    }

    [Fact]
    public async Task A_pause_that_the_failure_asks_for_is_waited_for()
    {
        var pause = TimeSpan.FromSeconds(25);
        var limited = new CallException(new CallError(CallErrorKind.UpstreamRateLimited, "Slow down.") { RetryAfter = pause });

        await RunAsync(1, null, limited, "done");

        Assert.InRange(_clock.Elapsed, TimeSpan.FromSeconds(25), TimeSpan.FromSeconds(26));
    }

    private static HttpRequestException Failure(int status) => new($"it answered {status}", null, (HttpStatusCode)status);

    private async Task<(object? Result, int Tries)> RunAsync(int? argument, int? setting, params object[] script)
    {
        await using var provider = new Repeating(new ProviderContext
        {
            TimeProvider = _clock,
            LoggerFactory = LoggerFactory.Create(logging => logging.AddProvider(new FakeLoggerProvider(_log))),
        });
        await provider.InitializeAsync(new ProviderSettings { Type = "mine", MaxRetries = setting }, default);
        var running = provider.RunAsync(argument, script);
        while (!running.IsCompleted)
        {
            if (_clock.TimerCount > 0)
                _clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        return (await running, provider.Tries);
    }

    private sealed class Repeating(ProviderContext context) : ProviderBase("mine", context)
    {
        public int Tries { get; private set; }

        protected override bool RequiresApiKey => false;

        public async Task<object?> RunAsync(int? maxRetries, object[] script)
        {
            try
            {
                return await ExecuteWithRetryAsync(
                    _ => script[Tries++] is Exception error ? Task.FromException<object>(error) : Task.FromResult(script[Tries - 1]),
                    maxRetries);
            }
            catch (Exception error)
            {
                return error;
            }
        }

        public override bool ServesModel(string modelId) => false;

        protected override ValueTask<IReadOnlyList<ProviderModel>> ListModelsCoreAsync(CancellationToken cancellationToken) => new([]);
    }
}
