using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Switchyard.Storage.Databases;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>A gateway that is killed at any moment, and the state of its ledger afterwards.</summary>
[Covers("B2")]
public sealed class KilledGatewayTests : IDisposable
{
    // Each costs about two seconds. SWITCHYARD_KILL_ROUNDS=20 is the long form.
    private static readonly int s_rounds =
        int.TryParse(Environment.GetEnvironmentVariable("SWITCHYARD_KILL_ROUNDS"), CultureInfo.InvariantCulture, out var rounds)
            ? rounds
            : 4;

    private readonly string _directory = Directory.CreateTempSubdirectory("switchyard-killed-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("strict")]
    [InlineData("relaxed")]
    public async Task Whenever_it_is_killed_no_call_is_lost_or_counted_twice(string durability)
    {
        var asked = new ConcurrentDictionary<string, int>();
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.Then(async (http, request) =>
        {
            asked.AddOrUpdate(TextOf(request), 1, (_, times) => times + 1);
            await Task.Delay(Random.Shared.Next(0, 8), CancellationToken.None);
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync(Some.ChatCompletion(), CancellationToken.None);
        });
        await using var gateway = await GatewayProcess.StartAsync(_directory, $$"""
            providers: { up: { base_url: "{{upstream.BaseUrl}}", key: k, models: [ m ], max_retries: 0 } }
            prices: { "up/*": { input: 1, output: 10 } }
            health: { monitor: false }
            storage: { ledger: "sqlite:ledger.db", durability: {{durability}} }
            """);
        var answered = new ConcurrentBag<string>();
        for (var round = 0; round < s_rounds; round++)
        {
            if (round > 0)
                await gateway.StartAsync();
            using var stop = new CancellationTokenSource();
            var clients = Enumerable.Range(0, 16).Select(_ => AskAsync(gateway.Http, answered, stop.Token)).ToList();
            // After a number of answers, not after a time: the number in a given time differs between machines.
            var enough = answered.Count + Random.Shared.Next(20, 200);
            while (answered.Count < enough)
                await Task.Delay(1, Stop);
            await gateway.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(clients);
        }

        // The new process takes over the remaining journal.
        await gateway.StartAsync();
        await gateway.KillAsync();

        var lines = Lines();
        Assert.Equal(lines.Count, lines.Select(line => line.Request).Distinct().Count());
        var known = lines.ToDictionary(line => line.Request);
        Assert.All(
            asked.Keys, request => Assert.True(known.ContainsKey(request), "A call that reached the provider is not in the ledger."));
        // 9 tokens at $1 and 3 at $10 for a million: what the provider counted for each.
        Assert.All(lines.Where(line => line.Outcome == 1), line => Assert.Equal(39_000, line.Cost));
        Assert.All(answered, request => Assert.True(
            known[request].Outcome == 1 || (durability == "relaxed" && known[request].Outcome == 0),
            $"An answered call is {known[request].Outcome} in a ledger that is {durability}."));
    }

    private static async Task AskAsync(HttpClient http, ConcurrentBag<string> answered, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var id = Guid.NewGuid().ToString("n");
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
                {
                    Content = new StringContent(Some.ChatRequest("up/m", id), Encoding.UTF8, "application/json"),
                };
                request.Headers.Add("x-request-id", id);
                using var answer = await http.SendAsync(request, stop);
                if (answer.StatusCode == HttpStatusCode.OK && (await answer.Content.ReadAsStringAsync(stop)).EndsWith('}'))
                    answered.Add(id);
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException or SocketException)
            {
                // It was killed; HttpClient throws a bare SocketException if that was just after it connected.
                if (!stop.IsCancellationRequested)
                    await Task.Delay(5, CancellationToken.None);
            }
        }
    }

    private static string TextOf(SeenRequest request) =>
        JsonElement.Parse(request.Body).GetProperty("messages")[0].GetProperty("content").GetString()!;

    private List<(string Request, long Outcome, long Cost)> Lines()
    {
        using var connection = new SqliteConnection(LedgerAddress.ConnectionString($"{_directory}/ledger.db"));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "select request_id, outcome, cost from entries";
        using var reader = command.ExecuteReader();
        var lines = new List<(string, long, long)>();
        while (reader.Read())
            lines.Add((reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2)));
        return lines;
    }
}
