using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.Targets;

/// <summary>The learnt bound, with a server that runs a fixed number of requests and queues the rest, in virtual time.</summary>
public sealed class AdaptiveLimitTests
{
    private const int Many = 1000;

    [Theory]
    [InlineData(5)]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(80)]
    public void The_limit_comes_near_what_the_server_can_do_and_answers_take_little_longer(int capacity)
    {
        var server = new SimulatedServer { Capacity = capacity };

        server.Run(clients: Many, seconds: 150);

        Assert.InRange(server.Limit, capacity, Math.Max(2 * capacity, capacity + 10));
        // The server is fully used, and no request waits longer for a first token than two and a half times its time alone.
        Assert.True(server.BusyShare > 0.95, $"busy {server.BusyShare}");
        Assert.True(server.MeanLatency < 2.6 * server.Seconds, $"took {server.MeanLatency}");
    }

    [Fact]
    public void It_falls_when_the_server_can_do_less_and_rises_again_with_it()
    {
        var server = new SimulatedServer { Capacity = 40 };
        server.Run(Many, seconds: 80);
        var before = server.Limit;

        server.Capacity = 10;
        server.Run(Many, seconds: 120);
        var during = server.Limit;
        server.Capacity = 40;
        server.Run(Many, seconds: 80);

        Assert.True(during < before / 2, $"{before} then {during}");
        Assert.InRange(server.Limit, 40, 90);
    }

    [Fact]
    public void It_falls_when_every_answer_takes_longer_and_rises_again_with_the_speed()
    {
        var server = new SimulatedServer { Capacity = 40 };
        server.Run(Many, seconds: 80);
        var before = server.Limit;

        server.Seconds = 2;
        server.Run(Many, seconds: 60);
        var during = server.Limit;
        server.Seconds = 0.5;
        server.Run(Many, seconds: 80);

        Assert.True(during < before * 0.8, $"{before} then {during}");
        Assert.InRange(server.Limit, 40, 95);
    }

    [Fact]
    public void It_does_not_grow_while_it_is_not_used()
    {
        var server = new SimulatedServer { Capacity = 100 };

        server.Run(clients: 5, seconds: 200);

        Assert.Equal(20, server.Limit);
    }

    [Fact]
    public void It_stays_within_its_maximum_and_never_below_one()
    {
        var server = new SimulatedServer { Capacity = 100, Maximum = 30 };
        server.Run(Many, seconds: 100);
        Assert.Equal(30, server.Limit);

        var limit = new AdaptiveLimit();
        for (var i = 0; i < 1000; i++)
        {
            limit.Refused();
            limit.Answered(TimeSpan.FromMinutes(1), running: 1, stream: true, maximum: 200);
        }

        Assert.Equal(1, limit.Within(200));
    }

    [Fact]
    public void What_is_refused_at_the_same_moment_takes_a_tenth_off_once()
    {
        var limit = new AdaptiveLimit();

        for (var i = 0; i < 10; i++)
            limit.Refused();

        Assert.Equal(18, limit.Within(200));
    }

    [Fact]
    public void Streams_and_whole_answers_are_not_measured_by_each_other()
    {
        var limit = new AdaptiveLimit();

        for (var i = 0; i < 4000; i++)
        {
            var running = i % 10 == 0 ? 2 : limit.Within(200);
            limit.Answered(TimeSpan.FromMilliseconds(100), running, stream: true, maximum: 200);
            limit.Answered(TimeSpan.FromSeconds(20), running, stream: false, maximum: 200);
        }

        Assert.True(limit.Within(200) > 40, $"{limit.Within(200)}");
    }

    /// <summary>A server with some workers, and clients that each send the next request once they have an answer and a slot.</summary>
    private sealed class SimulatedServer
    {
        private readonly AdaptiveLimit _limit = new();
        private readonly Random _random = new(1);
        private readonly Queue<(double Asked, int Running)> _line = new();
        private readonly PriorityQueue<(double Asked, int Running), double> _working = new();
        private readonly Queue<double> _latencies = new();
        private double _now;
        private int _running;
        private double _workDone;

        public int Capacity { get; set; } = 40;

        public double Seconds { get; set; } = 0.5;

        public int Maximum { get; set; } = 200;

        public int Limit { get; private set; }

        public double BusyShare { get; private set; }

        public double MeanLatency => _latencies.Average();

        public void Run(int clients, double seconds)
        {
            var end = _now + seconds;
            var half = _now + (seconds / 2);
            _workDone = 0;
            var most = 0;
            while (_now < end)
            {
                while (_running < clients && _running < _limit.Within(Maximum))
                    _line.Enqueue((_now, ++_running));
                while (_working.Count < Capacity && _line.TryDequeue(out var next))
                    _working.Enqueue(next, _now + (Seconds * (0.9 + (0.2 * _random.NextDouble()))));
                var before = _now;
                _working.TryDequeue(out var done, out _now);
                if (before >= half)
                {
                    _workDone += (_working.Count + 1) * (_now - before);
                    most = Math.Max(most, _limit.Within(Maximum));
                }

                _running--;
                _latencies.Enqueue(_now - done.Asked);
                if (_latencies.Count > 500)
                    _latencies.Dequeue();
                _limit.Answered(TimeSpan.FromSeconds(_now - done.Asked), done.Running, stream: true, Maximum);
            }

            BusyShare = _workDone / (Capacity * (_now - half));
            // The maximum of the second half: a momentary dip is not the learnt limit.
            Limit = most;
        }
    }
}
