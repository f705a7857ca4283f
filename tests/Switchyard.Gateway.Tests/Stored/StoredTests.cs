using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Stored;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Stored;

/// <summary>Objects that providers store, which only their owners can read and change.</summary>
public sealed partial class StoredTests : IAsyncLifetime
{
    private const string File = """{"id":"file-1","object":"file","bytes":3,"purpose":"batch","filename":"a.jsonl"}""";

    private const string Message = """
        {"id":"msg_1","type":"message","status":"completed","role":"assistant",
         "content":[{"type":"output_text","text":"Hi","annotations":[]}]}
        """;

    private readonly MemoryOwners _owners = new();
    private FakeUpstream _upstream = null!;

    public async ValueTask InitializeAsync() => _upstream = await FakeUpstream.StartAsync();

    public async ValueTask DisposeAsync() => await _upstream.DisposeAsync();

    [Theory]
    [InlineData("GET", "", "?include=x")]
    [InlineData("DELETE", "", "")]
    [InlineData("POST", "/cancel", "")]
    [InlineData("GET", "/input_items", "?limit=2")]
    public async Task An_answer_that_is_kept_is_reached_at_the_account_that_gave_it(string method, string path, string query)
    {
        await using var gateway = await StartAsync();
        await AnswerAsync(gateway, "resp_1", "two/m", "key-of-acme");
        _upstream.ThenJson("""{"id":"resp_1","object":"response","status":"completed"}""");

        using var answer = await SendAsync(gateway, method, $"/openai/v1/responses/resp_1{path}{query}", "key-of-acme");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("""{"id":"resp_1","object":"response","status":"completed"}""", await answer.Content.ReadAsStringAsync());
        Assert.Equal("two", answer.Headers.GetValues("x-switchyard-provider").Single());
        var seen = _upstream.LastRequest;
        Assert.Equal((method, $"/v1/responses/resp_1{path}{query}"), (seen.Method, seen.Path));
        Assert.Equal("Bearer key-of-two", seen.Headers["Authorization"]);
        Assert.DoesNotContain(seen.Headers.Values, value => value.Contains("key-of-acme", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET", "", "responses_multi_agent=v1", "responses_multi_agent=v1")]
    [InlineData("DELETE", "", "responses_multi_agent=v1", "responses_multi_agent=v1")]
    [InlineData("POST", "/cancel", "responses_multi_agent=v1", "responses_multi_agent=v1")]
    [InlineData("GET", "/input_items", "responses_multi_agent=v1", "responses_multi_agent=v1")]
    // It says only that the format exists.
    [InlineData("GET", "", "responses=experimental", null)]
    public async Task The_header_beside_members_that_are_not_in_general_use_is_sent_on(
        string method, string path, string flags, string? sent)
    {
        await using var gateway = await StartAsync();
        await AnswerAsync(gateway, "resp_1", "two/m", "key-of-acme");
        _upstream.ThenJson("""{"id":"resp_1","object":"response","status":"completed"}""");

        using var answer = await SendAsync(
            gateway, method, "/v1/responses/resp_1" + path, "key-of-acme", ("OpenAI-Beta", flags), ("originator", "codex_exec"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(sent, _upstream.LastRequest.Headers.GetValueOrDefault("openai-beta"));
        Assert.False(_upstream.LastRequest.Headers.ContainsKey("originator"));
    }

    [Theory]
    [InlineData("/v1/responses/resp_1")]
    [InlineData("/openai/responses/resp_1")]
    public async Task HEAD_has_the_headers_of_GET_and_no_body(string path)
    {
        const string Kept = """{"id":"resp_1","object":"response","status":"completed"}""";
        await using var gateway = await StartAsync();
        await AnswerAsync(gateway, "resp_1", "two/m", "key-of-acme");
        _upstream.ThenJson(Kept, headers: ("Content-Length", Kept.Length.ToString(System.Globalization.CultureInfo.InvariantCulture)));

        using var answer = await SendAsync(gateway, "HEAD", path, "key-of-acme");
        using var unknown = await SendAsync(gateway, "HEAD", "/v1/files/file-9", "key-of-acme");

        Assert.Equal((HttpStatusCode.OK, "application/json"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.Equal(Kept.Length, answer.Content.Headers.ContentLength);
        Assert.Equal("", await answer.Content.ReadAsStringAsync());
        Assert.Equal("two", answer.Headers.GetValues("x-switchyard-provider").Single());
        Assert.Equal("GET", _upstream.LastRequest.Method);
        Assert.Equal((HttpStatusCode.NotFound, ""), (unknown.StatusCode, await unknown.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task A_clients_trace_goes_on_with_what_tracing_systems_added()
    {
        await using var gateway = await StartAsync();
        await AnswerAsync(gateway, "resp_1", "one/m", "key-of-acme");
        _upstream.ThenJson("""{"id":"resp_1","object":"response","status":"completed"}""");

        using var answer = await SendAsync(
            gateway, "GET", "/v1/responses/resp_1", "key-of-acme",
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), ("tracestate", "a=1,b=2"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.StartsWith("00-4bf92f3577b34da6a3ce929d0e0e4736-", _upstream.LastRequest.Headers["traceparent"], StringComparison.Ordinal);
        Assert.Equal("a=1,b=2", _upstream.LastRequest.Headers["tracestate"]);
    }

    [Fact]
    public async Task An_answer_too_long_to_be_held_is_found_as_well()
    {
        await using var gateway = await StartAsync();
        var message = Message.Replace("Hi", new string('a', 400_000), StringComparison.Ordinal);
        await AnswerAsync(gateway, "resp_1", "two/m", "key-of-acme", message);
        _upstream.ThenJson("""{"id":"resp_1","object":"response","status":"completed"}""");

        using var answer = await SendAsync(gateway, "GET", "/v1/responses/resp_1", "key-of-acme");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("Bearer key-of-two", _upstream.LastRequest.Headers["Authorization"]);
    }

    [Fact]
    public async Task A_stream_of_an_answer_that_is_kept_is_passed_on()
    {
        await using var gateway = await StartAsync();
        await AnswerAsync(gateway, "resp_1", "one/m", "key-of-acme");
        _upstream.ThenStream("event: response.created\ndata: {}\n\n", "event: response.completed\ndata: {}\n\n");

        using var answer = await SendAsync(gateway, "GET", "/v1/responses/resp_1?stream=true&starting_after=3", "key-of-acme");

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(
            "event: response.created\ndata: {}\n\nevent: response.completed\ndata: {}\n\n", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_id_without_an_owner_and_one_of_another_tenant_are_the_same_404_and_are_not_sent()
    {
        await using var gateway = await StartAsync();
        await AnswerAsync(gateway, "resp_1", "one/m", "key-of-acme");
        await UploadAsync(gateway, "key-of-acme");
        var sent = _upstream.Requests.Count;

        foreach (var (path, id) in ((string, string)[])[("responses", "resp_1"), ("files", "file-1")])
        {
            var (foreign, unknown) = (await TextAsync(id), await TextAsync("x-1"));
            Assert.Equal(unknown.Replace("x-1", id, StringComparison.Ordinal), foreign);
            Assert.Contains("of yours was made by this gateway", foreign, StringComparison.Ordinal);
            Assert.Contains($"{path[..^1]}_not_found", foreign, StringComparison.Ordinal);

            async Task<string> TextAsync(string asked)
            {
                using var answer = await SendAsync(gateway, "GET", $"/v1/{path}/{asked}", "key-of-other");
                Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
                return await answer.Content.ReadAsStringAsync();
            }
        }

        Assert.Equal(sent, _upstream.Requests.Count);
    }

    [Theory]
    [InlineData("one", "responses", """{"input":[{"role":"user","content":[{"type":"input_file","file_id":"file-1"}]}]}""")]
    [InlineData("one", "responses", """{"input":[{"role":"user","content":[{"type":"input_image","file\u005fid":"file\u002d1"}]}]}""")]
    [InlineData("one", "responses",
        """{"input":"Hi","tools":[{"type":"code_interpreter","container":{"type":"auto","file_ids":["x",null,"file-1"]}}]}""")]
    [InlineData("one", "chat/completions", """{"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}]}""")]
    [InlineData("plain", "messages",
        """{"max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"file","file_id":"file-1"}}]}]}""")]
    public async Task A_request_with_the_id_of_another_tenants_file_is_refused_and_the_tenants_own_is_sent(
        string provider, string path, string members)
    {
        await using var gateway = await StartAsync();
        await UploadAsync(gateway, "key-of-acme");
        var sent = _upstream.Requests.Count;
        var body = $$"""{"model":"{{provider}}/m",{{members[1..]}}""";

        using var stolen = await gateway.PostAsync($"/v1/{path}", body, ("Authorization", "Bearer key-of-other"));
        Assert.Equal(HttpStatusCode.NotFound, stolen.StatusCode);
        Assert.Contains("No file 'file-1' of yours", await stolen.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(sent, _upstream.Requests.Count);
        // One row spells the id with an escape, and is sent as it came.
        var (id, another) = members.Contains("file-1", StringComparison.Ordinal) ? ("file-1", "file-9") : ("u002d1", "u002d9");
        using var unknown = await gateway.PostAsync(
            $"/v1/{path}", body.Replace(id, another, StringComparison.Ordinal), ("Authorization", "Bearer key-of-other"));
        Assert.Contains(another, _upstream.LastRequest.Text, StringComparison.Ordinal);
        using var own = await gateway.PostAsync($"/v1/{path}", body, ("Authorization", "Bearer second-key-of-acme"));
        Assert.Contains(id, _upstream.LastRequest.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_names_more_files_than_can_be_looked_up_is_refused()
    {
        await using var gateway = await StartAsync();
        var ids = string.Join(',', Enumerable.Range(0, 1001).Select(number => $"\"f-{number}\""));
        var body = $$$"""{"model":"one/m","input":"Hi","tools":[{"type":"code_interpreter","container":{"file_ids":[{{{ids}}}]}}]}""";

        using var refused = await gateway.PostAsync("/v1/responses", body, ("Authorization", "Bearer key-of-acme"));

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("1000 files", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(_upstream.Requests);
    }

    [Fact]
    public async Task Another_key_of_the_same_tenant_has_what_the_tenant_has()
    {
        await using var gateway = await StartAsync();
        await UploadAsync(gateway, "key-of-acme");

        using var answer = await SendAsync(gateway, "GET", "/v1/files/file-1", "second-key-of-acme");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_list_holds_the_callers_own_of_all_pages()
    {
        await using var gateway = await StartAsync();
        await UploadAsync(gateway, "key-of-acme");
        await UploadAsync(gateway, "key-of-acme", File.Replace("file-1", "file-4", StringComparison.Ordinal));
        await UploadAsync(gateway, "key-of-other", File.Replace("file-1", "file-2", StringComparison.Ordinal));
        _upstream.ThenJson("""{"object":"list","data":[{"id":"file-1"},{"id":"file-2"},{"id":"file-3"}],"has_more":true}""");
        _upstream.ThenJson("""{"object":"list","data":[{"id":"file-4","bytes":1}],"has_more":false}""");

        using var answer = await SendAsync(gateway, "GET", "/v1/files?purpose=batch", "key-of-acme", ("x-switchyard-provider", "one"));

        Assert.Equal(
            """{"object":"list","data":[{"id":"file-1"},{"id":"file-4","bytes":1}],"first_id":"file-1","""
                + "\"last_id\":\"file-4\",\"has_more\":false}",
            await answer.Content.ReadAsStringAsync());
        Assert.Equal("/v1/files?purpose=batch&after=file-3&limit=10000", _upstream.LastRequest.Path);
    }

    [Fact]
    public async Task The_version_that_a_client_of_Azure_asks_for_is_not_passed_on()
    {
        await using var gateway = await StartAsync();
        await UploadAsync(gateway, "key-of-acme");
        _upstream.ThenJson(File);
        using var file = await SendAsync(gateway, "GET", "/openai/files/file-1?api-version=2024-10-21", "key-of-acme");
        var read = _upstream.LastRequest.Path;
        _upstream.ThenJson("""{"object":"list","data":[{"id":"file-1"}],"has_more":false}""");
        using var list = await SendAsync(
            gateway, "GET", "/openai/files?api-version=2024-10-21&purpose=batch", "key-of-acme", ("x-switchyard-provider", "one"));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (file.StatusCode, list.StatusCode));
        Assert.Equal("/v1/files/file-1", read);
        Assert.Equal("/v1/files?purpose=batch&limit=10000", _upstream.LastRequest.Path);
    }

    [Fact]
    public async Task A_list_ends_where_the_client_wants_and_goes_on_after_its_own_last_one()
    {
        await using var gateway = await StartAsync();
        await UploadAsync(gateway, "key-of-acme");
        await UploadAsync(gateway, "key-of-acme", File.Replace("file-1", "file-2", StringComparison.Ordinal));
        _upstream.ThenJson("""{"object":"list","data":[{"id":"file-1"},{"id":"file-2"}],"has_more":false}""");

        using var first = await SendAsync(gateway, "GET", "/v1/files?limit=1", "key-of-acme", ("x-switchyard-provider", "one"));
        _upstream.ThenJson("""{"object":"list","data":[{"id":"file-2"}],"has_more":false}""");
        using var second = await SendAsync(gateway, "GET", "/v1/files?limit=1&after=file-1", "key-of-acme");
        using var foreign = await SendAsync(gateway, "GET", "/v1/files?after=file-1", "key-of-other");
        using var wrong = await SendAsync(gateway, "GET", "/v1/files?limit=0", "key-of-acme", ("x-switchyard-provider", "one"));

        Assert.Contains("\"last_id\":\"file-1\",\"has_more\":true", await first.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("\"last_id\":\"file-2\",\"has_more\":false", await second.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.BadRequest), (foreign.StatusCode, wrong.StatusCode));
    }

    [Fact]
    public async Task A_batch_runs_where_its_file_is_and_what_it_writes_belongs_to_its_caller()
    {
        await using var gateway = await StartAsync();
        await UploadAsync(gateway, "key-of-acme", provider: "two");
        _upstream.ThenJson("""{"id":"batch_1","object":"batch","status":"validating","output_file_id":null}""");
        const string body = """{"input_file_id":"file-1","endpoint":"/v1/chat/completions","completion_window":"24h"}""";
        using var made = await gateway.PostAsync("/v1/batches", body, ("Authorization", "Bearer key-of-acme"));
        var sent = _upstream.LastRequest;
        _upstream.ThenJson("""{"id":"batch_1","object":"batch","status":"completed","output_file_id":"file-out"}""");
        using var read = await SendAsync(gateway, "GET", "/v1/batches/batch_1", "key-of-acme");
        _upstream.ThenBytes([7], "application/octet-stream");
        using var output = await SendAsync(gateway, "GET", "/v1/files/file-out/content", "key-of-acme");
        _upstream.ThenJson("""{"id":"batch_1","object":"batch","status":"cancelling"}""");
        using var cancelled = await SendAsync(gateway, "POST", "/v1/batches/batch_1/cancel", "key-of-acme");
        var requests = _upstream.Requests.Count;
        using var foreign = await gateway.PostAsync("/v1/batches", body, ("Authorization", "Bearer key-of-other"));
        using var none = await gateway.PostAsync("/v1/batches", "{}", ("Authorization", "Bearer key-of-acme"));

        Assert.Equal(("/v1/batches", body, "Bearer key-of-two"), (sent.Path, sent.Text, sent.Headers["Authorization"]));
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK],
            [made.StatusCode, read.StatusCode, output.StatusCode, cancelled.StatusCode]);
        Assert.Equal([7], await output.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
        Assert.Equal("input_file_id", (await ErrorAsync(foreign)).GetProperty("param").GetString());
        Assert.Equal(HttpStatusCode.BadRequest, none.StatusCode);
        Assert.Equal(requests, _upstream.Requests.Count);
    }

    [Fact]
    public async Task The_files_of_batches_that_were_only_listed_belong_to_their_caller_too()
    {
        await using var gateway = await StartAsync();
        await UploadAsync(gateway, "key-of-acme");
        _upstream.ThenJson("""{"id":"batch_1","object":"batch","status":"validating"}""");
        const string body = """{"input_file_id":"file-1","endpoint":"/v1/chat/completions","completion_window":"24h"}""";
        using var made = await gateway.PostAsync("/v1/batches", body, ("Authorization", "Bearer key-of-acme"));
        _upstream.ThenJson(
            """{"object":"list","data":[{"id":"batch_1","output_file_id":"file-out","error_file_id":null},"""
                + """{"id":"batch_2","output_file_id":"file-of-others"}],"has_more":false}""");
        using var list = await SendAsync(gateway, "GET", "/v1/batches", "key-of-acme", ("x-switchyard-provider", "one"));
        _upstream.ThenBytes([7], "application/octet-stream");
        using var output = await SendAsync(gateway, "GET", "/v1/files/file-out/content", "key-of-acme");
        using var others = await SendAsync(gateway, "GET", "/v1/files/file-of-others/content", "key-of-acme");
        using var foreign = await SendAsync(gateway, "GET", "/v1/files/file-out/content", "key-of-other");

        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK], [made.StatusCode, list.StatusCode, output.StatusCode]);
        Assert.Equal([7], await output.Content.ReadAsByteArrayAsync());
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (others.StatusCode, foreign.StatusCode));
    }

    [Theory]
    [InlineData(null, "Several providers serve files: one, two. Name one in the header x-switchyard-provider.")]
    [InlineData("plain", "'plain' does not serve files. Providers that do: one, two. Name one of them in the header x-switchyard-")]
    [InlineData("nobody", "'nobody' does not serve files.")]
    public async Task Where_it_is_not_clear_which_provider_is_meant_the_400_names_the_way(string? provider, string words)
    {
        await using var gateway = await StartAsync();

        using var answer = await SendAsync(
            gateway, "GET", "/v1/files", "key-of-acme", provider is null ? [] : [("x-switchyard-provider", provider)]);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(words, (await ErrorAsync(answer)).GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(_upstream.Requests);
    }

    [Fact]
    public async Task A_key_may_do_what_its_lists_say_and_no_batch_where_it_may_call_certain_models_only()
    {
        await using var gateway = await StartAsync(options =>
        {
            options.Keys["narrow"] = new() { Key = "narrow-key", Models = ["one/m"] };
            options.Keys["chats"] = new() { Key = "chats-key", Operations = ["chat"] };
        });

        using var batch = await gateway.PostAsync("/v1/batches", """{"input_file_id":"x"}""", ("Authorization", "Bearer narrow-key"));
        using var file = await SendAsync(gateway, "GET", "/v1/files", "chats-key", ("x-switchyard-provider", "one"));
        await AnswerAsync(gateway, "resp_1", "one/m", "chats-key");
        using var own = await SendAsync(gateway, "GET", "/v1/responses/resp_1", "chats-key");

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (batch.StatusCode, file.StatusCode));
        Assert.Contains("'batch' among the operations", await batch.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
    }

    [Theory]
    [InlineData("""{"input_file_id":"file-2","input_file_id":"file-1"}""", "twice")]
    [InlineData("""{"input_file_id":"\ud800"}""", "Unicode")]
    public async Task A_batch_whose_file_can_be_read_in_two_ways_or_in_none_is_refused_and_not_sent(string body, string words)
    {
        await using var gateway = await StartAsync();
        await UploadAsync(gateway, "key-of-acme");
        var sent = _upstream.Requests.Count;

        using var answer = await gateway.PostAsync("/v1/batches", body, ("Authorization", "Bearer key-of-acme"));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(words, (await ErrorAsync(answer)).GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(sent, _upstream.Requests.Count);
    }

    [Fact]
    public async Task What_a_store_keeps_outlives_a_restart_and_a_rotated_key()
    {
        await using (var gateway = await StartAsync())
            await UploadAsync(gateway, "key-of-acme");
        await using var again = await StartAsync(options => options.Providers["one"].Key = "rotated-key");
        _upstream.ThenJson(File);

        using var answer = await SendAsync(again, "GET", "/v1/files/file-1", "key-of-acme");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("Bearer rotated-key", _upstream.LastRequest.Headers["Authorization"]);
    }

    [Fact]
    public async Task A_file_of_an_account_that_is_configured_no_longer_is_sent_to_no_other()
    {
        await using (var gateway = await StartAsync())
            await UploadAsync(gateway, "key-of-acme");
        var sent = _upstream.Requests.Count;
        await using var again = await StartAsync(options =>
            (options.Providers["one"].Key, options.Providers["one"].Keys) = (null, [new() { Key = "another" }, new() { Key = "third" }]));

        using var answer = await SendAsync(again, "GET", "/v1/files/file-1", "key-of-acme");

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Contains("Configure that key again", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(sent, _upstream.Requests.Count);
    }

    [Fact]
    public async Task Without_its_database_nothing_is_found_and_the_error_says_why()
    {
        await using var gateway = await StartAsync(store: new AwayOwners());

        using var answer = await SendAsync(gateway, "GET", "/v1/files/file-1", "key-of-acme");
        _upstream.ThenJson(File);
        using var upload = await PostFileAsync(gateway, "key-of-acme", "one");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "store_unavailable"), (answer.StatusCode, await CodeAsync(answer)));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "store_unavailable"), (upload.StatusCode, await CodeAsync(upload)));
        Assert.DoesNotContain("secret of a database", await upload.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        static async Task<string?> CodeAsync(HttpResponseMessage answer) => (await ErrorAsync(answer)).GetProperty("code").GetString();
    }

    [Theory]
    [InlineData(404, HttpStatusCode.NotFound, "No such File object")]
    [InlineData(401, HttpStatusCode.InternalServerError, "upstream_authentication_failed")]
    [InlineData(500, HttpStatusCode.BadGateway, "No such File object")]
    public async Task A_failure_of_the_provider_is_like_any_other_and_holds_no_secret(int status, HttpStatusCode expected, string words)
    {
        await using var gateway = await StartAsync();
        await UploadAsync(gateway, "key-of-acme");
        _upstream.ThenJson("""{"error":{"message":"No such File object: key-of-one","type":"invalid_request_error"}}""", status);

        using var answer = await SendAsync(gateway, "GET", "/v1/files/file-1", "key-of-acme");

        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal(expected, answer.StatusCode);
        Assert.Contains(words, text, StringComparison.Ordinal);
        Assert.DoesNotContain("key-of-one", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, HttpStatusCode.NotFound)]
    [InlineData(401, HttpStatusCode.InternalServerError)]
    public async Task A_failure_whose_words_cannot_be_read_is_what_its_status_says(int status, HttpStatusCode expected)
    {
        await using var gateway = await StartAsync();
        await UploadAsync(gateway, "key-of-acme");
        _upstream.ThenJson("""{"error":{"message":"This is no gzip."}}""", status, ("Content-Encoding", "gzip"));

        using var answer = await SendAsync(gateway, "GET", "/v1/files/file-1", "key-of-acme");

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task The_network_policy_and_the_limits_of_keys_hold()
    {
        await using var gateway = await StartAsync(options =>
        {
            options.Egress = new() { Mode = "enforce", Allow = ["api.example.com"] };
            options.Keys["once"] = new() { Key = "once-key", Limits = new() { RequestsPerMinute = 1 } };
        });
        await _owners.AddAsync(
            new() { Id = "file-1", Kind = "file", Provider = "one", Account = "account", Holder = "key once", At = default }, default);

        using var blocked = await SendAsync(gateway, "GET", "/v1/files/file-1", "once-key");
        using var limited = await SendAsync(gateway, "GET", "/v1/files/file-1", "once-key");

        Assert.Equal("egress_blocked", (await ErrorAsync(blocked)).GetProperty("code").GetString());
        Assert.Equal(HttpStatusCode.TooManyRequests, limited.StatusCode);
        Assert.Empty(_upstream.Requests);
    }

    [Theory]
    [InlineData("application/json", HttpStatusCode.UnsupportedMediaType)]
    [InlineData(null, HttpStatusCode.RequestEntityTooLarge)]
    public async Task What_is_no_form_or_too_large_is_refused(string? contentType, HttpStatusCode expected)
    {
        await using var gateway = await StartAsync(options => options.Server.MaxBodyBytes = 1024);

        using var answer = await PostFileAsync(gateway, "key-of-acme", "one", contentType);

        Assert.Equal(expected, answer.StatusCode);
        Assert.Empty(_upstream.Requests);
    }

    private Task<GatewayHost> StartAsync(Action<SwitchyardOptions>? configure = null, IStoredOwners? store = null) =>
        GatewayHost.StartAsync(
            options =>
            {
                foreach (var name in (string[])["one", "two"])
                    options.Providers[name] = new() { BaseUrl = _upstream.BaseUrl, Key = $"key-of-{name}", Dialect = "openai-responses" };
                options.Providers["plain"] = new() { BaseUrl = _upstream.BaseUrl, Key = "x", Dialect = "anthropic-messages" };
                options.Keys["acme"] = new() { Key = "key-of-acme", Tenant = "acme" };
                options.Keys["acme-2"] = new() { Key = "second-key-of-acme", Tenant = "acme" };
                options.Keys["other"] = new() { Key = "key-of-other", Tenant = "other" };
                configure?.Invoke(options);
            },
            builder => builder.Services.AddSingleton(store ?? _owners));

    private async Task AnswerAsync(GatewayHost gateway, string id, string model, string key, string message = Message)
    {
        _upstream.ThenJson(
            $$"""{"id":"{{id}}","object":"response","created_at":1790000000,"status":"completed","model":"m","output":[{{message}}]}""");
        using var answer = await gateway.PostAsync(
            "/v1/responses", $$"""{"model":"{{model}}","input":"Hi"}""", ("Authorization", $"Bearer {key}"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await answer.Content.ReadAsStringAsync();
    }

    private async Task<byte[]> UploadAsync(GatewayHost gateway, string key, string description = File, string provider = "one")
    {
        _upstream.ThenJson(description);
        using var answer = await PostFileAsync(gateway, key, provider);
        Assert.Equal(description, await answer.Content.ReadAsStringAsync());
        return Form();
    }

    private static async Task<HttpResponseMessage> PostFileAsync(
        GatewayHost gateway, string key, string provider, string? contentType = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/files") { Content = new ByteArrayContent(Form()) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType ?? MultipartForm.ContentType);
        request.Headers.Authorization = new("Bearer", key);
        request.Headers.Add("x-switchyard-provider", provider);
        return await gateway.Http.SendAsync(request);
    }

    private static byte[] Form() => new MultipartForm().Field("purpose", "batch")
        .File("file", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"custom_id\":\"1\"}\n", 100)))).ToBytes();

    private static async Task<HttpResponseMessage> SendAsync(
        GatewayHost gateway, string method, string path, string key, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = new("Bearer", key);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        return await gateway.Http.SendAsync(request);
    }

    private static async Task<JsonElement> ErrorAsync(HttpResponseMessage answer)
    {
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return json.RootElement.GetProperty("error").Clone();
    }

    /// <summary>A database that is unavailable.</summary>
    private sealed class AwayOwners : IStoredOwners
    {
        public Task<StoredOwner?> FindAsync(string id, CancellationToken cancellationToken) => throw Away();

        public Task<IReadOnlySet<string>> ListAsync(string kind, string provider, string holder, CancellationToken cancellationToken) =>
            throw Away();

        public Task AddAsync(StoredOwner owner, CancellationToken cancellationToken) => throw Away();

        public Task RemoveAsync(string id, CancellationToken cancellationToken) => throw Away();

        private static InvalidOperationException Away() => new("the secret of a database");
    }
}
