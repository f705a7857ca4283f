namespace Switchyard.Configuration;

/// <summary>Copies options whole, so that what is handed out or handed in can be changed without effect on what is in force.</summary>
internal static class OptionsCopy
{
    /// <summary>A copy that shares no list, map or section with the original.</summary>
    public static SwitchyardOptions Copy(this SwitchyardOptions options)
    {
        var copy = new SwitchyardOptions();
        options.CopyTo(copy);
        return copy;
    }

    /// <summary>Makes other options equal to these.</summary>
    public static void CopyTo(this SwitchyardOptions options, SwitchyardOptions target)
    {
        target.Providers = options.Providers.ToDictionary(pair => pair.Key, pair => Copy(pair.Value), options.Providers.Comparer);
        target.Models = options.Models.ToDictionary(pair => pair.Key, pair => Copy(pair.Value), options.Models.Comparer);
        target.Routing = new()
        {
            Strategy = options.Routing.Strategy,
            Selected = options.Routing.Selected,
            Preferred = [.. options.Routing.Preferred],
            Fallback = options.Routing.Fallback,
            Failover = options.Routing.Failover,
            MaxFallbacks = options.Routing.MaxFallbacks,
            Concurrency = options.Routing.Concurrency,
            Queue = options.Routing.Queue,
            QueueWait = options.Routing.QueueWait,
        };
        target.Prices = new()
        {
            Unknown = options.Prices.Unknown,
            Models = options.Prices.Models.ToDictionary(pair => pair.Key, pair => Copy(pair.Value), options.Prices.Models.Comparer),
        };
        target.Storage = new()
        {
            Ledger = options.Storage.Ledger,
            Journal = options.Storage.Journal,
            Redis = options.Storage.Redis,
            Durability = options.Storage.Durability,
        };
        target.Retry = new()
        {
            Attempts = options.Retry.Attempts,
            Base = options.Retry.Base,
            Max = options.Retry.Max,
            Budget = options.Retry.Budget,
        };
        target.Circuit = new()
        {
            Enabled = options.Circuit.Enabled,
            Failures = options.Circuit.Failures,
            Ratio = options.Circuit.Ratio,
            Minimum = options.Circuit.Minimum,
            Window = options.Circuit.Window,
            Open = options.Circuit.Open,
        };
        target.Timeouts = new()
        {
            Connect = options.Timeouts.Connect,
            FirstToken = options.Timeouts.FirstToken,
            CommentsCount = options.Timeouts.CommentsCount,
            Attempt = options.Timeouts.Attempt,
            Idle = options.Timeouts.Idle,
            Write = options.Timeouts.Write,
            Total = options.Timeouts.Total,
        };
        target.Media = new()
        {
            Fetch = options.Media.Fetch,
            MaxBytes = options.Media.MaxBytes,
            Timeout = options.Media.Timeout,
            Allow = [.. options.Media.Allow],
        };
        target.Health = new()
        {
            Monitor = options.Health.Monitor,
            Interval = options.Health.Interval,
            Timeout = options.Health.Timeout,
            Level = options.Health.Level,
        };
        target.Server = new()
        {
            Urls = options.Server.Urls,
            MaxBodyBytes = options.Server.MaxBodyBytes,
            MaxBodiesBytes = options.Server.MaxBodiesBytes,
            Id = options.Server.Id,
            Keys = [.. options.Server.Keys],
            Open = [.. options.Server.Open],
            AllowedHosts = [.. options.Server.AllowedHosts],
            Cors = new() { Origins = [.. options.Server.Cors.Origins] },
            PathBase = options.Server.PathBase,
            H2cUrls = options.Server.H2cUrls,
            Tls = new()
            {
                Certificate = options.Server.Tls.Certificate,
                Key = options.Server.Tls.Key,
                Password = options.Server.Tls.Password,
            },
            Heartbeat = options.Server.Heartbeat,
            ShutdownDelay = options.Server.ShutdownDelay,
            ShutdownGrace = options.Server.ShutdownGrace,
        };
        target.Logs = new() { Format = options.Logs.Format, Content = options.Logs.Content };
        target.Telemetry = new()
        {
            Metrics = options.Telemetry.Metrics,
            Semconv = options.Telemetry.Semconv,
            Names = [.. options.Telemetry.Names],
            Tenant = options.Telemetry.Tenant,
        };
        target.Statistics = options.Statistics;
        target.AutoEnable = options.AutoEnable;
        target.DefaultProvider = options.DefaultProvider;
        target.Strict = options.Strict;
    }

    private static ProviderOptions Copy(ProviderOptions options) => options is null ? new() : new()
    {
        Type = options.Type,
        Key = options.Key,
        Keys = [.. options.Keys.Select(key => new ProviderKeyOptions { Key = key.Key, Weight = key.Weight })],
        BaseUrl = options.BaseUrl,
        Dialect = options.Dialect,
        Enabled = options.Enabled,
        Priority = options.Priority,
        Weight = options.Weight,
        MaxRetries = options.MaxRetries,
        Concurrency = options.Concurrency,
        AdaptiveConcurrency = options.AdaptiveConcurrency,
        Timeout = options.Timeout,
        AttemptTimeout = options.AttemptTimeout,
        Models = [.. options.Models],
        DefaultModel = options.DefaultModel,
        Headers = new(options.Headers, options.Headers.Comparer),
        Proxy = options.Proxy,
        Tls = new()
        {
            Ca = options.Tls.Ca,
            Certificate = options.Tls.Certificate,
            Key = options.Tls.Key,
            Insecure = options.Tls.Insecure,
        },
        Settings = new(options.Settings, options.Settings.Comparer),
    };

    private static PriceOptions Copy(PriceOptions options) => new()
    {
        Input = options.Input,
        Output = options.Output,
        CacheRead = options.CacheRead,
        CacheWrite = options.CacheWrite,
        CacheWriteHour = options.CacheWriteHour,
        Reasoning = options.Reasoning,
        AudioInput = options.AudioInput,
        AudioOutput = options.AudioOutput,
    };

    private static ModelRouteOptions Copy(ModelRouteOptions options) => new()
    {
        Strategy = options.Strategy,
        Selected = options.Selected,
        FallBackOn = [.. options.FallBackOn],
        Retries = new()
        {
            RateLimit = options.Retries.RateLimit,
            Timeout = options.Retries.Timeout,
            Server = options.Retries.Server,
        },
        Hedge = options.Hedge is { } hedge ? new() { After = hedge.After, Max = hedge.Max } : null,
        Buffer = options.Buffer is { } buffer ? new() { Chunks = buffer.Chunks, Time = buffer.Time } : null,
        Continuation = options.Continuation,
        Targets = [.. options.Targets.Select(Copy)],
        Fallback = [.. options.Fallback.Select(Copy)],
        Affinity = options.Affinity is { } affinity ? new() { By = [.. affinity.By], Ttl = affinity.Ttl } : null,
        Experiment = options.Experiment is { } experiment ? Copy(experiment) : null,
        Shadow = options.Shadow is { } shadow ? Copy(shadow) : null,
    };

    private static ExperimentOptions Copy(ExperimentOptions options) => new()
    {
        Name = options.Name,
        Variants =
        [
            .. options.Variants.Select(
                variant => new VariantOptions { Name = variant.Name, Target = variant.Target, Share = variant.Share }),
        ],
        Sticky = options.Sticky,
        Metric = options.Metric,
        Alpha = options.Alpha,
    };

    private static ShadowOptions Copy(ShadowOptions options) => new()
    {
        Target = options.Target,
        Share = options.Share,
        Concurrency = options.Concurrency,
        MaxPerMinute = options.MaxPerMinute,
    };

    private static TargetOptions Copy(TargetOptions options) => new() { Model = options.Model, Weight = options.Weight };
}
