namespace Switchyard.Chaos;

/// <summary>How a target behaves for a while.</summary>
public enum ChaosMode
{
    /// <summary>It answers.</summary>
    Healthy,

    /// <summary>It answers, compressed with gzip or brotli.</summary>
    Compressed,

    /// <summary>It answers 500 or 503 in JSON.</summary>
    ServerError,

    /// <summary>It answers 502 with the HTML page of a proxy.</summary>
    HtmlError,

    /// <summary>It answers 429 with <c>Retry-After</c>.</summary>
    RateLimited,

    /// <summary>It closes the connection before the headers.</summary>
    ResetBeforeHeaders,

    /// <summary>It accepts the request and never answers.</summary>
    Silent,

    /// <summary>It sends comments and no content.</summary>
    Dripping,

    /// <summary>It answers 200 and an error in the first event or in the body.</summary>
    ErrorFirst,

    /// <summary>It answers 200 with an HTML page.</summary>
    WrongContentType,

    /// <summary>It redirects to another address.</summary>
    Redirect,

    /// <summary>It refuses the credential.</summary>
    Unauthorized,

    /// <summary>It closes the connection in the middle of its answer. No other target can then serve the call.</summary>
    ResetMidStream,
}
