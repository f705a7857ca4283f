using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary><c>switchyard serve</c> from outside.</summary>
public sealed class ServeTests
{
    [Fact]
    public async Task It_starts_without_any_key_says_where_and_its_curl_is_answered_by_the_mock()
    {
        await using var program = await (await Executable.StartAsync(null, "serve")).ServingAsync();
        await program.UntilItSaysAsync("curl ");

        var (said, where) = (program.Said, program.Address.GetLeftPart(UriPartial.Authority));
        Assert.Contains(where, said, StringComparison.Ordinal);
        var command = Command(said);
        Assert.Contains(where, command, StringComparison.Ordinal);
        using var shell = Process.Start(
            new ProcessStartInfo("bash", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.Contains("Mock response to", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signal_to_load_the_configuration_again_does_not_end_it_while_it_starts()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "This system has no such signal.");
        // A database that takes the connection and never answers: the start waits for it.
        using var database = new TcpListener(IPAddress.Loopback, 0);
        database.Start();
        await using var program = await Executable.StartAsync(
            $$"""
            providers: { mock: {} }
            storage: { ledger: "postgres://sw@127.0.0.1:{{((IPEndPoint)database.LocalEndpoint).Port}}/sw", journal: own.db }
            """,
            "serve");
        using var asked = await database.AcceptTcpClientAsync(TestContext.Current.CancellationToken);

        await program.HangUpAsync();

        await program.ServingAsync();
    }

    [Fact]
    public async Task Without_a_verb_it_serves()
    {
        await using var program = await (await Executable.StartAsync(null)).ServingAsync();

        using var response = await program.Http.PostAsync(
            "/v1/chat/completions", new StringContent(Some.ChatRequest("mock-model-v1"), Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task It_refuses_to_be_reached_from_elsewhere_without_keys()
    {
        await using var program = await Executable.StartAsync(null, "serve", "--urls", "http://0.0.0.0:0");

        Assert.Equal(1, await program.EndAsync());
        Assert.Contains("--insecure", program.Errors, StringComparison.Ordinal);
        Assert.Contains("server.keys", program.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_may_be_reached_from_elsewhere_when_that_is_what_the_user_says()
    {
        await using var program = await Executable.StartAsync(null, "serve", "--insecure", "--urls", "http://0.0.0.0:0");

        await program.UntilItSaysAsync("curl ");
        await program.TerminateAsync();

        Assert.Equal(0, await program.EndAsync());
    }

    [Fact]
    public async Task Its_client_keys_are_those_of_the_file_as_it_is_now()
    {
        await using var program = await (await Executable.StartAsync(
            "providers: { mock: {} }\nserver: { keys: [ old-key ] }\n", "serve")).ServingAsync();
        Assert.Equal(
            (HttpStatusCode.OK, HttpStatusCode.Unauthorized),
            (await StatusAsync(program, "old-key"), await StatusAsync(program, "new-key")));

        await program.WriteConfigurationAsync("providers: { mock: {} }\nserver: { keys: [ new-key ] }\n");
        using var tooLong = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await StatusAsync(program, "new-key") != HttpStatusCode.OK)
            await Task.Delay(50, tooLong.Token);

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(program, "old-key"));
    }

    [Fact]
    public async Task A_configuration_with_errors_ends_it_and_every_error_has_its_line()
    {
        await using var program = await Executable.StartAsync(
            "providers:\n  here: { base_url: \"not a url\" }\nmodels:\n  fast: { targest: [ here/any ] }\ntimeouts: { idle: soon }\n",
            "serve");

        Assert.Equal(1, await program.EndAsync());
        foreach (var line in (int[])[2, 4, 5])
            Assert.Contains($"switchyard.yaml:{line}:", program.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_termination_signal_ends_it_well_after_the_streams_under_way()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var go = new TaskCompletionSource();
        upstream.Then(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.WriteAsync(string.Concat(Some.ChatStream()[..2]));
            await http.Response.Body.FlushAsync();
            await go.Task;
            await http.Response.WriteAsync(string.Concat(Some.ChatStream()[2..]));
        });
        await using var program =
            await (await Executable.StartAsync($"providers: {{ up: {{ base_url: \"{upstream.BaseUrl}\" }} }}\n", "serve")).ServingAsync();

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(Some.ChatRequest("up/any", stream: true), Encoding.UTF8, "application/json"),
        };
        using var response = await program.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await program.TerminateAsync();
        go.SetResult();

        Assert.Equal(string.Concat(Some.ChatStream()), await response.Content.ReadAsStringAsync());
        Assert.Equal(0, await program.EndAsync());
    }

    [Covers("Y1")]
    [Fact]
    public async Task No_secret_of_the_configuration_is_ever_said()
    {
        string[] secrets = ["canary-upstream-key-7Q", "canary-header-value-8R", "canary-client-key-9S"];
        await using var upstream = await FakeUpstream.StartAsync();
        // The worst case: a provider repeats the request in its errors.
        upstream.Then((http, seen) =>
        {
            http.Response.StatusCode = seen.Text.Contains("fail-400", StringComparison.Ordinal)
                ? 400
                : seen.Text.Contains("fail-401", StringComparison.Ordinal)
                ? 401
                : 200;
            http.Response.ContentType = "application/json";
            return http.Response.WriteAsync(http.Response.StatusCode == 200
                ? Some.ChatCompletion()
                : $$$"""{"error":{"message":"No: {{{string.Join(" ", seen.Headers.Values)}}}","type":"invalid_request_error"}}""");
        });
        var yaml = $$"""
            providers:
              up: { base_url: "{{upstream.BaseUrl}}", key: {{secrets[0]}}, headers: { x-extra: {{secrets[1]}} } }
              gone: { base_url: "http://127.0.0.1:1/v1", key: {{secrets[0]}} }
            server: { keys: [ {{secrets[2]}} ] }
            """;
        await using var program = await (await Executable.StartAsync(yaml, "serve", "--log-level", "trace")).ServingAsync();

        var answers = new StringBuilder();
        foreach (var model in (string[])["up/any", "up/fail-400", "up/fail-401", "gone/any", "nobody"])
        {
            answers.Append(await AskAsync(program, model, secrets[2]));
            answers.Append(await AskAsync(program, model, "wrong-key"));
        }

        answers.Append(await program.Http.GetStringAsync("/health"));
        program.Http.DefaultRequestHeaders.Add("Authorization", $"Bearer {secrets[2]}");
        answers.Append(await program.Http.GetStringAsync("/v1/models"));
        await program.TerminateAsync();
        await program.EndAsync();

        Assert.Contains(
            upstream.Requests,
            request => request.Headers.GetValueOrDefault("Authorization") == $"Bearer {secrets[0]}"
                && request.Headers.GetValueOrDefault("x-extra") == secrets[1]);
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(secret, program.Said, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, answers.ToString(), StringComparison.Ordinal);
        }
    }

    private static async Task<HttpStatusCode> StatusAsync(Executable program, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Add("Authorization", $"Bearer {key}");
        using var response = await program.Http.SendAsync(request);
        return response.StatusCode;
    }

    private static async Task<string> AskAsync(Executable program, string model, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(Some.ChatRequest(model), Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Authorization", $"Bearer {key}");
        using var response = await program.Http.SendAsync(request);
        Assert.Equal(key == "wrong-key", response.StatusCode == HttpStatusCode.Unauthorized);
        return $"{response.Headers}{await response.Content.ReadAsStringAsync()}";
    }

    /// <summary>The printed command, with the lines a backslash continues.</summary>
    private static string Command(string said)
    {
        var lines = said.Split('\n').SkipWhile(line => !line.TrimStart().StartsWith("curl ", StringComparison.Ordinal)).ToList();
        var length = 1;
        while (length < lines.Count && lines[length - 1].TrimEnd().EndsWith('\\'))
            length++;
        return string.Join('\n', lines.Take(length));
    }
}
