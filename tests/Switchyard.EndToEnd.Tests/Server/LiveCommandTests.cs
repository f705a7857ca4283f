using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary><c>switchyard live</c>: the running calls, live.</summary>
public sealed class LiveCommandTests
{
    private static readonly Dictionary<string, string> s_key = new() { ["SWITCHYARD_ADMIN_KEY"] = "an-admin-key-of-some-length" };

    [Fact]
    public async Task Calls_in_flight_are_shown_with_phase_and_age_in_each_form()
    {
        await using var given = await Given.StartAsync();
        await using var table = await given.RunAsync("live", "--once");
        await using var json = await given.RunAsync("live", "--once", "--json");

        Assert.Equal((0, 0), (await table.EndAsync(), await json.EndAsync()));
        Assert.StartsWith("1 call in flight\n", table.Printed, StringComparison.Ordinal);
        Assert.Matches(@"\d+\.\d s +waiting for provider +slow/m +slow +m +1 ", table.Printed);
        Assert.DoesNotContain("\e", table.Printed, StringComparison.Ordinal);
        var look = JsonDocument.Parse(json.Printed).RootElement;
        Assert.Equal(1, look.GetProperty("in_flight").GetInt32());
        Assert.Equal("waiting_for_provider", look.GetProperty("calls")[0].GetProperty("phase").GetString());
        Assert.True(look.GetProperty("calls")[0].GetProperty("age_ms").GetInt64() >= 0);
    }

    [Fact]
    public async Task It_looks_again_until_it_is_interrupted_though_the_gateway_goes_away()
    {
        if (IsInterruptIgnored())
            Assert.Skip("These tests run where Ctrl-C is ignored, in the background of a shell, and what they start inherits that.");
        await using var given = await Given.StartAsync();
        await using var program = await given.RunAsync("live", "--json", "--every", "50ms");
        await program.UntilItSaysAsync("\"in_flight\":1");
        given.EndCall();
        await program.UntilItSaysAsync("\"in_flight\":0");
        await given.StopAsync();
        await program.UntilItSaysAsync("{\"problem\":\"http://127.0.0.1");

        using var kill = Process.Start("kill", ["-INT", program.ProcessId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, await program.EndAsync());
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("1", false)]
    public async Task A_terminal_is_drawn_on_in_colours_unless_none_are_wanted(string? noColor, bool hasColors)
    {
        if (!Programs.Exists("script"))
            Assert.Skip("There is no program 'script' on this machine, which makes a terminal.");
        await using var given = await Given.StartAsync();
        var environment = new Dictionary<string, string>(s_key) { ["TERM"] = "xterm-256color" };
        var command = $"dotnet {Executable.Program} live --once --url {given.Url}";
        await using var program = await Executable.LaunchAsync(
            "env", null, environment,
            _ => [.. noColor is null ? (string[])["-u", "NO_COLOR"] : [$"NO_COLOR={noColor}"], "script", "-qec", command, "/dev/null"]);

        Assert.Equal(0, await program.EndAsync());
        Assert.Contains("1 call in flight", program.Printed, StringComparison.Ordinal);
        Assert.Equal(hasColors, System.Text.RegularExpressions.Regex.IsMatch(program.Printed, "\e\\[[0-9;]*(3[0-9]|9[0-7]|38;5;[0-9]+)m"));
    }

    [Theory]
    [InlineData("--every", "soon")]
    [InlineData("--every", "1ms")]
    public async Task Another_pause_is_refused(params string[] arguments)
    {
        await using var program = await Executable.StartAsync(null, s_key, ["live", .. arguments, "--url", "http://127.0.0.1:1"]);

        Assert.Equal(1, await program.EndAsync());
        Assert.Contains("--every must be a duration such as 250ms or 2s, at least 50ms.", program.Errors, StringComparison.Ordinal);
    }

    private static bool IsInterruptIgnored() => OperatingSystem.IsLinux()
        && File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) is { } ignored
        && (long.Parse(ignored["SigIgn:".Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 0b10) != 0;

    /// <summary>A gateway in which one call waits for its provider.</summary>
    private sealed class Given : IAsyncDisposable
    {
        private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private FakeUpstream _upstream = null!;
        private Executable _gateway = null!;
        private Task<HttpResponseMessage> _call = null!;

        public string Url => _gateway.Address.GetLeftPart(UriPartial.Authority);

        public static async Task<Given> StartAsync()
        {
            var given = new Given { _upstream = await FakeUpstream.StartAsync() };
            var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            given._upstream.Then(async context =>
            {
                asked.SetResult();
                await given._answer.Task;
                context.Response.StatusCode = 400;
            });
            var yaml = $$"""
                auto_enable: false
                providers: { slow: { base_url: "{{given._upstream.BaseUrl}}", models: [ m ] } }
                admin: { key: {{s_key["SWITCHYARD_ADMIN_KEY"]}} }
                """;
            given._gateway = await (await Executable.StartAsync(yaml)).ServingAsync();
            given._call = given._gateway.Http.PostAsync(
                "/v1/chat/completions",
                new StringContent("""{"model":"slow/m","messages":[{"role":"user","content":"x"}]}""", null, "application/json"));
            await asked.Task;
            return given;
        }

        public Task<Executable> RunAsync(params string[] arguments) => Executable.StartAsync(null, s_key, [.. arguments, "--url", Url]);

        public void EndCall() => _answer.TrySetResult();

        public async Task StopAsync()
        {
            await _gateway.TerminateAsync();
            await _gateway.EndAsync();
        }

        public async ValueTask DisposeAsync()
        {
            EndCall();
            await _call;
            await _gateway.DisposeAsync();
            await _upstream.DisposeAsync();
        }
    }
}
